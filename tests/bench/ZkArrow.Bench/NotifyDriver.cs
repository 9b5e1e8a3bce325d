using Apache.Arrow;
using ZkArrow.ZooKeeper;

namespace ZkArrow.Bench;

/// <summary>
/// G8: from the start of a publish until a subscriber in another process has the batch, and from the start of a bare
/// set until a watcher there has the event, and then the data.
/// </summary>
/// <remarks>
/// <c>publish host|inline COUNT</c> is answered with a duration for each; <c>set - COUNT</c> with two for each: until the
/// event, until the data.
/// </remarks>
internal sealed class NotifyDriver : IDriver
{
    private const string Node = "/watched";
    private static readonly string[] Names = ["host", "inline"];
    private readonly ZkArrowClient _client;
    private readonly ZkClient _bare;
    private readonly Child _child;
    private readonly byte[] _value = new byte[300]; // about as long as a head's record
    private readonly RecordBatch _batch = Sample.Batch(100);

    private NotifyDriver(ZkArrowClient client, ZkClient bare, Child child) => (_client, _bare, _child) = (client, bare, child);

    public static async Task<NotifyDriver> OpenAsync(string connect, string directory)
    {
        ZkArrowClient client = await ZkArrowClient.ConnectAsync($"zk://{connect}/notify", new ZkArrowOptions { DataDirectory = directory });
        ZkClient bare = await ZkClient.ConnectAsync(new ZkClientOptions { ConnectString = connect });
        await bare.CreateAsync(Node, default);
        NotifyDriver driver = new(client, bare, new Child("follow", connect, directory));
        foreach (string name in Names)
            await driver.PublishAsync(name);
        await driver._child.SaidAsync("ready");
        return driver;
    }

    public async Task<long[]> RunAsync(string what, string argument, int count)
    {
        List<long> durations = [];
        for (int i = 0; i < count; i++)
        {
            long start = Clock.Now;
            if (what == "publish")
            {
                await PublishAsync(argument);
                durations.Add(Clock.Between(start, await _child.SaidAsync(argument)));
            }
            else
            {
                await _bare.SetDataAsync(Node, _value);
                durations.Add(Clock.Between(start, await _child.SaidAsync("event")));
                durations.Add(Clock.Between(start, await _child.SaidAsync("data")));
            }
        }

        return [.. durations];
    }

    public async ValueTask DisposeAsync()
    {
        await _child.DisposeAsync();
        await _client.DisposeAsync();
        await _bare.DisposeAsync();
    }

    /// <summary>The other process: says when it has what.</summary>
    public static async Task FollowAsync(string connect, string directory)
    {
        await using ZkArrowClient client = await ZkArrowClient.ConnectAsync($"zk://{connect}/notify", new ZkArrowOptions { DataDirectory = directory });
        await using ZkClient bare = await ZkClient.ConnectAsync(new ZkClientOptions { ConnectString = connect });
        using CancellationTokenSource end = new();
        using SemaphoreSlim events = new(0);
        await using IAsyncDisposable watch = await bare.AddWatchAsync(Node, ZkWatchMode.Persistent, happened =>
        {
            if (happened.Type != ZkEventType.NodeDataChanged)
                return;
            Child.Say("event", Clock.Now);
            events.Release();
        });
        using CountdownEvent first = new(Names.Length);
        Task[] all = [WatchAsync(), .. Names.Select(SubscribeAsync)];
        await Task.Run(first.Wait);
        Child.Say("ready", Clock.Now);
        while (await Console.In.ReadLineAsync() is not null)
        {
            // the end of the input is all there is to wait for
        }

        await end.CancelAsync();
        await Task.WhenAll(all).ContinueWith(_ => { }, TaskScheduler.Default);

        async Task WatchAsync()
        {
            while (true)
            {
                await events.WaitAsync(end.Token);
                await bare.GetDataAsync(Node);
                Child.Say("data", Clock.Now);
            }
        }

        async Task SubscribeAsync(string name)
        {
            await foreach (DatasetVersion version in client.SubscribeAsync(name, cancellationToken: end.Token))
            {
                await Sample.TakeAsync(client, name, version.Number);
                if (version.Number == 1)
                    first.Signal();
                else
                    Child.Say(name, Clock.Now);
            }
        }
    }

    private ValueTask<DatasetVersion> PublishAsync(string name) =>
        _client.PublishAsync(name, _batch, new PublishOptions { Residency = Enum.Parse<Residency>(name, ignoreCase: true) });
}
