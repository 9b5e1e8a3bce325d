using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace ZkArrow.Testing;

/// <summary>
/// One real ZooKeeper server on a loopback port, with its data in a folder of its own that goes with it: standalone, or
/// a member of a <see cref="ZooKeeperEnsemble"/>.
/// </summary>
public sealed class ZooKeeperServer : IAsyncDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);
    private readonly string _folder;
    private readonly string[] _config;
    private Process? _process;

    private ZooKeeperServer(string folder, int port, int securePort, string[] config) =>
        (_folder, Port, SecurePort, _config) = (folder, port, securePort, config);

    /// <summary>The port without TLS; every server has it, for four-letter words.</summary>
    public int Port { get; }

    /// <summary>The port for TLS; 0 if the server has none.</summary>
    public int SecurePort { get; }

    /// <summary>The port that clients are meant to use: the one for TLS, if there is one.</summary>
    public int ClientPort => SecurePort == 0 ? Port : SecurePort;

    public string ConnectString => $"127.0.0.1:{ClientPort}";

    /// <summary>What the server says about itself.</summary>
    public string Version { get; private set; } = "";

    public int ProcessId => _process?.Id ?? throw new InvalidOperationException("The server was not running.");
    public bool IsRunning => _process is { HasExited: false };
    public string Log => File.Exists(LogPath) ? File.ReadAllText(LogPath) : "";
    private string LogPath => Path.Combine(_folder, "server.log");

    /// <summary>Starts a server and waits until it serves. Each config is one <c>key=value</c> line of zoo.cfg.</summary>
    public static Task<ZooKeeperServer> StartAsync(params string[] config) => StartAsync(new ServerSecurity(), config);

    /// <summary>Starts a server with files for its security.</summary>
    public static async Task<ZooKeeperServer> StartAsync(ServerSecurity security, params string[] config)
    {
        // another process may take the free port first: try a few
        for (int attempt = 0; ; attempt++)
        {
            ZooKeeperServer server = Create(LoopbackPort.Free(), security, config);
            try
            {
                await server.LaunchAsync();
                return server;
            }
            catch (InvalidOperationException) when (attempt < 3 && server.Log.Contains("BindException"))
            {
                await server.DisposeAsync();
            }
            catch
            {
                await server.DisposeAsync();
                throw;
            }
        }
    }

    /// <summary>A server that is not started yet.</summary>
    internal static ZooKeeperServer Create(int port, ServerSecurity security, string[] config)
    {
        string folder = Directory.CreateTempSubdirectory("zkarrow-zookeeper-").FullName;
        int securePort = security.KeyStore is null ? 0 : LoopbackPort.Free();
        return new ZooKeeperServer(folder, port, securePort, [.. security.Write(folder, securePort), .. config]);
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
        ProcessSignal.Send(process.Id, ProcessSignal.Continue);
        ProcessSignal.Send(process.Id, ProcessSignal.Terminate);
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
    public void Pause() => ProcessSignal.Send(ProcessId, ProcessSignal.Stop);

    public void Resume() => ProcessSignal.Send(ProcessId, ProcessSignal.Continue);

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

    internal async Task LaunchAsync()
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

        await CheckVersionAsync();
    }

    // the script takes the version from the variable; that it did is not left to hope
    private async Task CheckVersionAsync()
    {
        Version = (await AskAsync("srvr")).Split('\n')[0];
        string? asked = Environment.GetEnvironmentVariable("ZKARROW_TEST_SERVER");
        if (!string.IsNullOrEmpty(asked) && !Version.StartsWith($"Zookeeper version: {asked}.", StringComparison.Ordinal))
            throw new InvalidOperationException($"ZKARROW_TEST_SERVER was {asked}, but the server says: {Version}");
    }

    // 'ruok' is answered before the server can take a session; 'srvr' says when it can
    private async Task<bool> ServesAsync() => await ModeAsync() is not null;

    /// <summary>standalone, leader or follower; null while it does not serve.</summary>
    public async Task<string?> ModeAsync()
    {
        const string mode = "Mode: ";
        try
        {
            // a connection that comes too early is taken and never answered: ask again soon
            string answer = await AskAsync("srvr", TimeSpan.FromSeconds(1));
            return answer.Split('\n').FirstOrDefault(static line => line.StartsWith(mode, StringComparison.Ordinal))?[mode.Length..];
        }
        catch (Exception exception) when (exception is SocketException or IOException or OperationCanceledException)
        {
            return null;
        }
    }
}
