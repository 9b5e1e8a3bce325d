using ZkArrow.Testing;
using static ZkArrow.ZooKeeper.Tests.SharedServer;

namespace ZkArrow.ZooKeeper.Tests;

/// <summary>One client whose connection can be cut, and another that changes things meanwhile.</summary>
[CancelAfter(60_000)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class WatchTests
{
    private const string Barrier = "/barrier-";
    private readonly Recorder<ZkWatchEvent> _events = new();
    private readonly Recorder<ZkStateChange> _states = new();
    private ChaosProxy _proxy = null!;
    private ZkClient _client = null!;
    private ZkClient _other = null!;

    [SetUp]
    public async Task ConnectAsync()
    {
        string chroot = await NewChrootAsync();
        _proxy = RunSecurity.Proxy(Instance);
        _client = await SharedServer.ConnectAsync(_proxy.ConnectString + chroot);
        _client.StateChanged += _states.Add;
        _other = await SharedServer.ConnectAsync(Instance.ConnectString + chroot);
        await _other.CreateAsync("/x", default);
    }

    [TearDown]
    public async Task CloseAsync()
    {
        await _client.DisposeAsync();
        await _other.DisposeAsync();
        await _proxy.DisposeAsync();
    }

    [Test]
    public async Task One_shot_watches_fire_once()
    {
        await _client.GetDataAsync("/x", _events.Add);
        await _other.SetDataAsync("/x", default);
        await _other.SetDataAsync("/x", default);
        await _client.GetChildrenAsync("/x", _events.Add);
        await _other.CreateAsync("/x/y", default);
        await _client.ExistsAsync("/z", _events.Add);
        await _other.CreateAsync("/z", default);
        await _client.ExistsAsync("/z", _events.Add);
        await _other.DeleteAsync("/z");
        await BarrierAsync();
        Assert.That(Told(), Is.EqualTo(new[]
        {
            (ZkEventType.NodeDataChanged, "/x"), (ZkEventType.NodeChildrenChanged, "/x"), (ZkEventType.NodeCreated, "/z"),
            (ZkEventType.NodeDeleted, "/z"),
        }));
    }

    [Test]
    public async Task The_same_watcher_on_the_same_node_is_called_once()
    {
        Action<ZkWatchEvent> watcher = _events.Add;
        for (int i = 0; i < 5; i++)
            await _client.GetDataAsync("/x", watcher);
        await _client.ExistsAsync("/x", watcher);
        await _other.SetDataAsync("/x", default);
        await BarrierAsync();
        Assert.That(Told(), Is.EqualTo(new[] { (ZkEventType.NodeDataChanged, "/x") }));
    }

    [Test]
    public async Task A_failed_read_sets_no_watch()
    {
        Assert.That(async () => await _client.GetDataAsync("/none", _events.Add), Throws.InstanceOf<ZkNoNodeException>());
        await _other.CreateAsync("/none", default);
        await BarrierAsync();
        Assert.That(Told(), Is.Empty);
    }

    [Test]
    public async Task A_callback_that_throws_does_not_silence_the_next()
    {
        await _client.GetDataAsync("/x", static _ => throw new InvalidOperationException("a test's own mistake"));
        await _client.GetDataAsync("/x", _events.Add);
        await _other.SetDataAsync("/x", default);
        await _events.CountAsync(1);
    }

    [Test]
    public async Task A_callback_may_use_the_client()
    {
        Recorder<int> lengths = new();
        async void Read(ZkWatchEvent e)
        {
            if (e.Type == ZkEventType.NodeDataChanged)
                lengths.Add((await _client.GetDataAsync(e.Path, Read)).Data.Length);
        }

        await _client.GetDataAsync("/x", Read);
        await _other.SetDataAsync("/x", new byte[3]);
        await lengths.CountAsync(1);
        await _other.SetDataAsync("/x", new byte[4]);
        Assert.That(await lengths.CountAsync(2), Is.EqualTo(new[] { 3, 4 }));
    }

    [Test]
    public async Task One_shot_watches_are_replayed_after_a_reconnect()
    {
        await _other.CreateAsync("/quiet", default);
        await _client.GetDataAsync("/x", _events.Add);
        await _client.GetChildrenAsync("/x", _events.Add);
        await _client.ExistsAsync("/later", _events.Add);
        await _client.GetDataAsync("/quiet", _events.Add);
        await AwayAsync(async () =>
        {
            await _other.SetDataAsync("/x", default);
            await _other.CreateAsync("/x/y", default);
            await _other.CreateAsync("/later", default);
        });
        await _client.SyncAsync("/");
        await _other.SetDataAsync("/quiet", default);
        await _events.CountAsync(4);
        await BarrierAsync();
        Assert.That(Told(), Is.EquivalentTo(new[]
        {
            (ZkEventType.NodeDataChanged, "/x"), (ZkEventType.NodeChildrenChanged, "/x"), (ZkEventType.NodeCreated, "/later"),
            (ZkEventType.NodeDataChanged, "/quiet"),
        }));
    }

    [Test]
    public async Task Very_many_watches_are_replayed_in_frames()
    {
        const int count = 3000; // with these names more than one frame of 128 KiB
        string Name(int i) => $"/x/{i:D5}-{new string('n', 60)}";
        for (int i = 0; i < count; i += 500)
            await _other.MultiAsync([.. Enumerable.Range(i, 500).Select(n => ZkOp.Create(Name(n), default))]);
        await Task.WhenAll(Enumerable.Range(0, count).Select(i => _client.GetDataAsync(Name(i), _events.Add).AsTask()));
        await AwayAsync(() => Task.WhenAll(
            Enumerable.Range(0, count).Where(static i => i % 3 == 0).Select(i => _other.SetDataAsync(Name(i), default).AsTask())));
        await _events.CountAsync(count / 3);
        await BarrierAsync();
        Assert.That(_events.All, Has.Length.EqualTo(count / 3));
    }

    [Test]
    public async Task A_persistent_watch_stays_and_covers_its_node_and_list_of_children()
    {
        await using IAsyncDisposable watch = await _client.AddWatchAsync("/x", ZkWatchMode.Persistent, _events.Add);
        await _other.SetDataAsync("/x", default);
        await _other.SetDataAsync("/x", default);
        await _other.CreateAsync("/x/y", default);
        await _other.SetDataAsync("/x/y", default);
        await _other.DeleteAsync("/x/y");
        await _other.DeleteAsync("/x");
        await _other.CreateAsync("/x", default);
        await BarrierAsync();
        Assert.That(Told(), Is.EqualTo(new[]
        {
            (ZkEventType.NodeDataChanged, "/x"), (ZkEventType.NodeDataChanged, "/x"), (ZkEventType.NodeChildrenChanged, "/x"),
            (ZkEventType.NodeChildrenChanged, "/x"), (ZkEventType.NodeDeleted, "/x"), (ZkEventType.NodeCreated, "/x"),
        }));
    }

    [Test]
    public async Task A_recursive_watch_covers_all_below_and_tells_of_no_child_lists()
    {
        await using IAsyncDisposable watch = await _client.AddWatchAsync("/", ZkWatchMode.PersistentRecursive, _events.Add);
        await _client.GetChildrenAsync("/x", static _ => { }); // its event must not leak into the recursive watcher
        await _other.CreateAsync("/x/y", default);
        await _other.CreateAsync("/x/y/z", default);
        await _other.SetDataAsync("/x/y/z", default);
        await _other.DeleteAsync("/x/y/z");
        await BarrierAsync();
        Assert.That(Told(), Is.EqualTo(new[]
        {
            (ZkEventType.NodeCreated, "/x/y"), (ZkEventType.NodeCreated, "/x/y/z"), (ZkEventType.NodeDataChanged, "/x/y/z"),
            (ZkEventType.NodeDeleted, "/x/y/z"),
        }));
    }

    [Test]
    public async Task A_persistent_watch_is_armed_again_after_a_reconnect_and_says_resync_first()
    {
        await using IAsyncDisposable watch = await _client.AddWatchAsync("/x", ZkWatchMode.PersistentRecursive, _events.Add);
        await AwayAsync(async () => await _other.SetDataAsync("/x", default));
        await _events.CountAsync(1);
        await _other.CreateAsync("/x/y", default);
        await BarrierAsync();
        Assert.That(Told(), Is.EqualTo(new[] { (ZkEventType.Resync, "/x"), (ZkEventType.NodeCreated, "/x/y") }));
    }

    [Test]
    public async Task A_disposed_watch_is_silent_and_the_others_of_its_path_are_not()
    {
        Recorder<ZkWatchEvent> second = new();
        IAsyncDisposable watch = await _client.AddWatchAsync("/x", ZkWatchMode.Persistent, _events.Add);
        IAsyncDisposable other = await _client.AddWatchAsync("/x", ZkWatchMode.Persistent, second.Add);
        await watch.DisposeAsync();
        await watch.DisposeAsync();
        await _other.SetDataAsync("/x", default);
        await second.CountAsync(1);
        await other.DisposeAsync();
        await _other.SetDataAsync("/x", default);
        await BarrierAsync();
        Assert.That((_events.All.Length, second.All.Length), Is.EqualTo((0, 1)));
        Assert.That(await Instance.AskAsync("wchp"), Does.Not.Contain(_client.Chroot + "/x"));
    }

    [Test]
    public async Task A_one_shot_watch_does_not_silence_a_persistent_one_on_its_path([Values] ZkWatchMode mode)
    {
        Recorder<ZkWatchEvent> oneShots = new();
        await using IAsyncDisposable watch = await _client.AddWatchAsync("/x", mode, _events.Add);
        await _client.GetDataAsync("/x", oneShots.Add);
        await _client.GetChildrenAsync("/x", oneShots.Add);
        await _other.SetDataAsync("/x", default);
        await _other.CreateAsync("/x/y", default);
        await _other.SetDataAsync("/x", default);
        await _other.CreateAsync("/x/z", default);
        await BarrierAsync();
        Assert.That(
            oneShots.All.Select(static e => (e.Type, e.Path)),
            Is.EqualTo(new[] { (ZkEventType.NodeDataChanged, "/x"), (ZkEventType.NodeChildrenChanged, "/x") }));
        Assert.That(_events.All, Has.Length.EqualTo(4));
    }

    [Test]
    public async Task A_one_shot_watch_that_relied_on_a_removed_persistent_one_says_resync()
    {
        IAsyncDisposable watch = await _client.AddWatchAsync("/x", ZkWatchMode.Persistent, static _ => { });
        await _client.GetDataAsync("/x", _events.Add);
        await watch.DisposeAsync();
        await BarrierAsync();
        Assert.That(Told(), Is.EqualTo(new[] { (ZkEventType.Resync, "/x") }));
    }

    [Test]
    public async Task Both_modes_on_one_path_are_refused()
    {
        await using IAsyncDisposable watch = await _client.AddWatchAsync("/x", ZkWatchMode.Persistent, _events.Add);
        ZkException? refused = await Assert.CatchAsync<ZkException>(
            async () => await _client.AddWatchAsync("/x", ZkWatchMode.PersistentRecursive, static _ => { }));
        Assert.That(refused!.Code, Is.EqualTo(ZkErrorCode.BadArguments));
        await _other.SetDataAsync("/x", default);
        await _events.CountAsync(1);
    }

    private (ZkEventType, string)[] Told() =>
        [.. _events.All.Where(static e => !e.Path.StartsWith(Barrier, StringComparison.Ordinal)).Select(static e => (e.Type, e.Path))];

    /// <summary>
    /// All events so far have been delivered: notifications and replies come in order, and so do callbacks, so one
    /// more event of our own is the last.
    /// </summary>
    private async Task BarrierAsync()
    {
        TaskCompletionSource fired = new(TaskCreationOptions.RunContinuationsAsynchronously);
        string path = $"{Barrier}{Guid.NewGuid()}";
        await _client.SyncAsync("/");
        await _client.ExistsAsync(path, _ => fired.TrySetResult());
        await _other.CreateAsync(path, default);
        await fired.Task.WaitAsync(TimeSpan.FromSeconds(30));
    }

    private async Task AwayAsync(Func<Task> meanwhile)
    {
        long session = _client.SessionId;
        _proxy.Refusing = true;
        _proxy.Cut();
        await _states.ContainsAsync(static s => s.Current == ZkState.Suspended, "the client noticed the cut");
        await meanwhile();
        _proxy.Refusing = false;
        await _states.ContainsAsync(static s => s.Current == ZkState.Connected, "the client came back");
        Assert.That(_client.SessionId, Is.EqualTo(session));
    }
}
