using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Apache.Arrow;
using ZkArrow.ZooKeeper;

namespace ZkArrow.Bench;

/// <summary>
/// G9: from the death, or the release, of an owner until the next one, who waits in another process, has published; and from the
/// death of a process until a bare ephemeral node of its session is gone.
/// </summary>
/// <remarks>
/// <c>kill MILLISECONDS COUNT</c> and <c>expire MILLISECONDS COUNT</c>, with the sessions' timeout, are answered with the negotiated
/// timeout, then a duration for each; <c>release - COUNT</c> with a duration and the requests of the server for each.
/// </remarks>
internal sealed class OwnerDriver : IDriver
{
    private const string Name = "owned", Ephemeral = "/ephemeral";
    private readonly string _server, _url, _directory;
    private readonly ZkArrowClient _client;
    private readonly ZkClient _bare;
    private readonly RecordBatch _batch = Sample.Batch(100);
    private long _asked;

    private OwnerDriver(string server, string url, string directory, ZkArrowClient client, ZkClient bare) =>
        (_server, _url, _directory, _client, _bare) = (server, url, directory, client, bare);

    public static async Task<OwnerDriver> OpenAsync(string url, string server, string directory) => new(
        server,
        url,
        directory,
        await ZkArrowClient.ConnectAsync(url, new ZkArrowOptions { DataDirectory = directory }),
        await ZkClient.ConnectAsync(new ZkClientOptions { ConnectString = server }));

    public Task<long[]> RunAsync(string what, string argument, int count) => what switch
    {
        "kill" => KillAsync(argument, count),
        "expire" => ExpireAsync(argument, count),
        _ => ReleaseAsync(count),
    };

    public async ValueTask DisposeAsync()
    {
        await _client.DisposeAsync();
        await _bare.DisposeAsync();
    }

    /// <summary>The other process: owns the dataset until it is told to release it, over and over.</summary>
    public static async Task HoldAsync(string url, string directory, string milliseconds)
    {
        await using ZkArrowClient client = await ZkArrowClient.ConnectAsync(url, Options(directory, milliseconds));
        RecordBatch batch = Sample.Batch(100);
        while (true)
        {
            await using ZkArrowOwner owner = await client.AcquireOwnershipAsync(Name, new OwnershipOptions { Timeout = Timeout.InfiniteTimeSpan });
            await owner.PublishAsync(batch);
            Child.Say("owns", Clock.Now);
            if (await Console.In.ReadLineAsync() is null)
                return;
            long start = Clock.Now;
            await owner.ReleaseAsync();
            Child.Say("released", start);
            if (await Console.In.ReadLineAsync() is null)
                return;
        }
    }

    /// <summary>The other process: has an ephemeral node, and says what timeout its session got.</summary>
    public static async Task HoldEphemeralAsync(string connect, string milliseconds)
    {
        await using ZkClient client = await ZkClient.ConnectAsync(
            new ZkClientOptions { ConnectString = connect, SessionTimeout = Milliseconds(milliseconds) });
        await client.CreateAsync(Ephemeral, default, mode: ZkCreateMode.Ephemeral);
        Child.Say("has", (long)client.NegotiatedTimeout.TotalMilliseconds);
        await Console.In.ReadLineAsync();
    }

    private static TimeSpan Milliseconds(string text) => TimeSpan.FromMilliseconds(int.Parse(text, CultureInfo.InvariantCulture));

    private static ZkArrowOptions Options(string directory, string milliseconds) =>
        new() { DataDirectory = directory, SessionTimeout = Milliseconds(milliseconds) };

    private async Task<long[]> KillAsync(string milliseconds, int count)
    {
        List<long> durations = [];
        for (int i = 0; i < count; i++)
        {
            await using Child child = new("hold", _url, _directory, milliseconds);
            await child.SaidAsync("owns");
            Task<ZkArrowOwner> next = NextAsync();
            await SomewhereBetweenTwoPingsAsync(milliseconds);
            long start = Clock.Now;
            child.Kill();
            await using ZkArrowOwner owner = await next;
            await owner.PublishAsync(_batch);
            durations.Add(Clock.Since(start));
        }

        return [.. durations];
    }

    private async Task<long[]> ExpireAsync(string milliseconds, int count)
    {
        List<long> durations = [0];
        for (int i = 0; i < count; i++)
        {
            await using Child child = new("hold-ephemeral", _server, milliseconds);
            durations[0] = await child.SaidAsync("has");
            TaskCompletionSource gone = new(TaskCreationOptions.RunContinuationsAsynchronously);
            await using IAsyncDisposable watch = await _bare.AddWatchAsync(Ephemeral, ZkWatchMode.Persistent, happened =>
            {
                if (happened.Type == ZkEventType.NodeDeleted)
                    gone.TrySetResult();
            });
            await SomewhereBetweenTwoPingsAsync(milliseconds);
            long start = Clock.Now;
            child.Kill();
            await gone.Task;
            durations.Add(Clock.Since(start));
        }

        return [.. durations];
    }

    private async Task<long[]> ReleaseAsync(int count)
    {
        List<long> answers = [];
        await using Child child = new("hold", _url, _directory, "30000");
        await child.SaidAsync("owns");
        for (int i = 0; i < count; i++)
        {
            Task<ZkArrowOwner> next = NextAsync();
            await QuietAsync();
            long before = await PacketsAsync();
            await child.TellAsync("release");
            ZkArrowOwner owner = await next;
            await owner.PublishAsync(_batch);
            long end = Clock.Now;
            answers.Add(Clock.Between(await child.SaidAsync("released"), end));
            answers.Add(await PacketsAsync() - before);
            await child.TellAsync("own");
            await owner.DisposeAsync();
            await child.SaidAsync("owns");
        }

        return [.. answers];
    }

    private Task<ZkArrowOwner> NextAsync() =>
        _client.AcquireOwnershipAsync(Name, new OwnershipOptions { Timeout = Timeout.InfiniteTimeSpan }).AsTask();

    /// <summary>A session's time runs from its last ping, so when the process dies between two of them matters.</summary>
    private static Task SomewhereBetweenTwoPingsAsync(string milliseconds) =>
        Task.Delay(TimeSpan.FromMilliseconds(200 + (Random.Shared.NextDouble() * Milliseconds(milliseconds).TotalMilliseconds / 3)));

    /// <summary>Until the one that waits has sent all that it sends before it waits.</summary>
    private async Task QuietAsync()
    {
        while (await PacketsAsync() is var before && await AfterAsync(TimeSpan.FromMilliseconds(100)) != before)
        {
            // somebody still asks
        }

        async Task<long> AfterAsync(TimeSpan delay)
        {
            await Task.Delay(delay);
            return await PacketsAsync();
        }
    }

    /// <summary>The requests the server has counted, without these, which it counts too.</summary>
    private async Task<long> PacketsAsync()
    {
        if (_url.StartsWith("local:", StringComparison.Ordinal))
            return 0;
        using TcpClient tcp = new();
        await tcp.ConnectAsync("127.0.0.1", int.Parse(_server.Split(':')[1], CultureInfo.InvariantCulture));
        await tcp.GetStream().WriteAsync(Encoding.ASCII.GetBytes("mntr"));
        using StreamReader reader = new(tcp.GetStream());
        string line = (await reader.ReadToEndAsync()).Split('\n').Single(l => l.StartsWith("zk_packets_received\t", StringComparison.Ordinal));
        return long.Parse(line.Split('\t')[1], CultureInfo.InvariantCulture) - _asked++;
    }
}
