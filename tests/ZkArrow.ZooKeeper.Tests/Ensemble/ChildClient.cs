using System.Diagnostics;
using ZkArrow.Testing;

namespace ZkArrow.ZooKeeper.Tests.Ensemble;

/// <summary>A client in a process of its own, which a test can stop. It tells its states line by line.</summary>
internal sealed class ChildClient : IAsyncDisposable
{
    private readonly Process _process;

    private ChildClient(Process process) => _process = process;

    public Recorder<string> Lines { get; } = new();

    /// <summary>Starts it; it makes an ephemeral node at the path.</summary>
    public static ChildClient Start(string connectString, TimeSpan timeout, string ephemeral)
    {
        ProcessStartInfo start = new(Environment.ProcessPath!) { RedirectStandardInput = true, RedirectStandardOutput = true };
        foreach (string argument in (string[])
            ["exec", typeof(ChildClient).Assembly.Location, connectString, $"{timeout.TotalMilliseconds}", ephemeral])
            start.ArgumentList.Add(argument);
        ChildClient child = new(Process.Start(start)!);
        child._process.OutputDataReceived += (_, line) =>
        {
            if (line.Data is { } text)
                child.Lines.Add(text);
        };
        child._process.BeginOutputReadLine();
        return child;
    }

    public void Pause() => ProcessSignal.Send(_process.Id, ProcessSignal.Stop);

    public void Resume() => ProcessSignal.Send(_process.Id, ProcessSignal.Continue);

    /// <summary>Lets it close its client and end; all its lines have come then.</summary>
    public async Task EndAsync()
    {
        _process.StandardInput.Close();
        using CancellationTokenSource bound = new(TimeSpan.FromSeconds(30));
        await _process.WaitForExitAsync(bound.Token);
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        using CancellationTokenSource bound = new(TimeSpan.FromSeconds(10));
        await _process.WaitForExitAsync(bound.Token);
        _process.Dispose();
    }

    /// <summary>The child's whole life: it ends when its input does, which is also when its parent is gone.</summary>
    public static async Task<int> Main(string[] arguments)
    {
        using CancellationTokenSource bound = new(TimeSpan.FromSeconds(30));
        await using ZkClient client = await ZkClient.ConnectAsync(
            RunSecurity.Options(arguments[0]) with { SessionTimeout = TimeSpan.FromMilliseconds(int.Parse(arguments[1], null)) },
            bound.Token);
        client.StateChanged += change => Console.WriteLine($"{change.Current} 0x{change.SessionId:x}");
        await client.CreateAsync(arguments[2], default, ZkCreateMode.Ephemeral, ct: bound.Token);
        Console.WriteLine($"Ready 0x{client.SessionId:x}");
        await Console.In.ReadToEndAsync(CancellationToken.None);
        return 0;
    }
}
