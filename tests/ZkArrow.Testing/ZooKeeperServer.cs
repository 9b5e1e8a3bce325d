using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;

namespace ZkArrow.Testing;

/// <summary>
/// One real, standalone ZooKeeper server on a loopback port, with its data in a folder of its own that goes with it.
/// </summary>
public sealed partial class ZooKeeperServer : IAsyncDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);
    private readonly string _folder;
    private readonly string[] _config;
    private Process? _process;

    private ZooKeeperServer(string folder, int port, string[] config) => (_folder, Port, _config) = (folder, port, config);

    public int Port { get; }
    public string ConnectString => $"127.0.0.1:{Port}";
    public int ProcessId => _process?.Id ?? throw new InvalidOperationException("The server was not running.");
    public bool IsRunning => _process is { HasExited: false };
    public string Log => File.Exists(LogPath) ? File.ReadAllText(LogPath) : "";
    private string LogPath => Path.Combine(_folder, "server.log");

    /// <summary>Starts a server and waits until it serves. Each config is one <c>key=value</c> line of zoo.cfg.</summary>
    public static async Task<ZooKeeperServer> StartAsync(params string[] config)
    {
        string folder = Directory.CreateTempSubdirectory("zkarrow-zookeeper-").FullName;
        // another process may take the free port first: try a few
        for (int attempt = 0; ; attempt++)
        {
            ZooKeeperServer server = new(folder, LoopbackPort.Free(), config);
            try
            {
                await server.LaunchAsync();
                return server;
            }
            catch (InvalidOperationException) when (attempt < 3 && server.Log.Contains("BindException"))
            {
                server.Kill();
                File.Delete(server.LogPath);
            }
            catch
            {
                await server.DisposeAsync();
                throw;
            }
        }
    }

    /// <summary>Starts it again with the same port and data.</summary>
    public async Task RestartAsync()
    {
        if (IsRunning)
            await StopAsync();
        await LaunchAsync();
    }

    /// <summary>Asks it to stop (SIGTERM) and waits until it did.</summary>
    public async Task StopAsync()
    {
        if (_process is not { HasExited: false } process)
            return;
        Signal(process, SIGCONT);
        Signal(process, SIGTERM);
        using CancellationTokenSource bound = new(Deadline);
        await process.WaitForExitAsync(bound.Token);
    }

    /// <summary>Kills it (SIGKILL): nothing is flushed, nobody is told.</summary>
    public void Kill()
    {
        if (_process is not { HasExited: false } process)
            return;
        process.Kill();
        process.WaitForExit(Deadline);
    }

    /// <summary>Freezes it (SIGSTOP): its connections stay open and silent.</summary>
    public void Pause() => Signal(_process!, SIGSTOP);

    public void Resume() => Signal(_process!, SIGCONT);

    /// <summary>Sends a four-letter word and returns the answer.</summary>
    public async Task<string> AskAsync(string word, TimeSpan? deadline = null)
    {
        using CancellationTokenSource bound = new(deadline ?? TimeSpan.FromSeconds(10));
        using TcpClient client = new();
        await client.ConnectAsync(IPAddress.Loopback, Port, bound.Token);
        NetworkStream stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(word), bound.Token);
        using StreamReader reader = new(stream);
        return await reader.ReadToEndAsync(bound.Token);
    }

    public ValueTask DisposeAsync()
    {
        Kill();
        _process?.Dispose();
        _process = null;
        Directory.Delete(_folder, recursive: true);
        return ValueTask.CompletedTask;
    }

    private async Task LaunchAsync()
    {
        ProcessStartInfo start = new(Path.Combine(RepositoryRoot.Find(), "tests", "lab", "zookeeper-server"))
        {
            RedirectStandardError = true,
        };
        start.Environment["ZOOKEEPER_OWNER"] = $"{Environment.ProcessId}";
        foreach (string argument in (string[])["start-foreground", _folder, $"{Port}", .. _config])
            start.ArgumentList.Add(argument);
        _process?.Dispose();
        _process = Process.Start(start)!;
        Stopwatch waited = Stopwatch.StartNew();
        while (!await ServesAsync())
        {
            if (_process.HasExited)
            {
                string error = await _process.StandardError.ReadToEndAsync();
                throw new InvalidOperationException($"The ZooKeeper server exited with {_process.ExitCode}. {error}{Log}");
            }

            if (waited.Elapsed > Deadline)
                throw new TimeoutException($"The ZooKeeper server did not serve within {Deadline.TotalSeconds} s. {Log}");
            await Task.Delay(20);
        }
    }

    // 'ruok' is answered before the server can take a session; 'srvr' says when it can
    private async Task<bool> ServesAsync()
    {
        try
        {
            // a connection that comes too early is taken and never answered: ask again soon
            return (await AskAsync("srvr", TimeSpan.FromSeconds(1))).Contains("Mode:", StringComparison.Ordinal);
        }
        catch (Exception exception) when (exception is SocketException or IOException or OperationCanceledException)
        {
            return false;
        }
    }

    private const int SIGTERM = 15;
    private static readonly int SIGSTOP = OperatingSystem.IsMacOS() ? 17 : 19;
    private static readonly int SIGCONT = OperatingSystem.IsMacOS() ? 19 : 18;

    private static void Signal(Process process, int signal)
    {
        if (SendSignal(process.Id, signal) != 0)
            throw new InvalidOperationException($"Signal {signal} could not be sent to process {process.Id}.");
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int SendSignal(int process, int signal);
}
