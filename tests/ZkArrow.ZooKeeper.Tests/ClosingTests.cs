using ZkArrow.Testing;
using static ZkArrow.ZooKeeper.Tests.SharedServer;

namespace ZkArrow.ZooKeeper.Tests;

[CancelAfter(60_000)]
public sealed class ClosingTests
{
    [Test]
    public async Task Closing_removes_the_ephemerals_at_once_and_is_told_last()
    {
        string at = Instance.ConnectString + await NewChrootAsync();
        await using ZkClient other = await SharedServer.ConnectAsync(at);
        ZkClient client = await SharedServer.ConnectAsync(at);
        Recorder<ZkStateChange> states = new();
        Recorder<ZkWatchEvent> events = new();
        client.StateChanged += states.Add;
        await client.CreateAsync("/e", default, ZkCreateMode.Ephemeral);
        await client.GetDataAsync("/e", events.Add);
        Task<ZkSet> before = client.SetDataAsync("/e", Bytes("1")).AsTask();
        await client.DisposeAsync();
        await client.DisposeAsync();

        Assert.That((await before).Stat.Version, Is.EqualTo(1), "what was sent before the close was answered");
        Assert.That((await other.ExistsAsync("/e")).Stat, Is.Null);
        Assert.That(client.State, Is.EqualTo(ZkState.Closed));
        Assert.That(states.All.Select(static s => s.Current), Is.EqualTo(new[] { ZkState.Closed }));
        Assert.That(events.All.Select(static e => e.Type), Is.EqualTo(new[] { ZkEventType.NodeDataChanged }));
        ZkClosedException? refused = await Assert.ThrowsAsync<ZkClosedException>(async () => await client.GetDataAsync("/e"));
        Assert.That(refused!.Outcome, Is.EqualTo(ZkOutcome.NotDone));
    }

    [Test]
    public async Task Closing_without_a_server_is_bounded_and_leaves_nobody_waiting()
    {
        await using ChaosProxy proxy = RunSecurity.Proxy(Instance);
        ZkClient client = await SharedServer.ConnectAsync(proxy.ConnectString);
        Recorder<ZkWatchEvent> events = new();
        await client.GetDataAsync("/", events.Add);
        proxy.Refusing = true;
        proxy.HoldReplies();
        Task<ZkSet> sent = client.SetDataAsync("/", default).AsTask();
        await client.DisposeAsync();
        ZkClosedException? lost = await Assert.ThrowsAsync<ZkClosedException>(() => sent);
        Assert.That(lost!.Outcome, Is.EqualTo(ZkOutcome.Unknown));
        Assert.That(events.All.Select(static e => e.Type), Is.EqualTo(new[] { ZkEventType.Lost }));
    }

    [Test]
    public async Task Closing_while_suspended_fails_what_was_not_sent_as_not_done()
    {
        await using ChaosProxy proxy = RunSecurity.Proxy(Instance);
        ZkClient client = await SharedServer.ConnectAsync(proxy.ConnectString);
        proxy.Refusing = true;
        proxy.Cut();
        await Eventually.TrueAsync(() => client.State == ZkState.Suspended, "the client noticed the cut");
        Task<ZkSet> queued = client.SetDataAsync("/", default).AsTask();
        await client.DisposeAsync();
        ZkClosedException? lost = await Assert.ThrowsAsync<ZkClosedException>(() => queued);
        Assert.That(lost!.Outcome, Is.EqualTo(ZkOutcome.NotDone));
    }

    [Test]
    public async Task A_callback_may_close_the_client()
    {
        ZkClient client = await SharedServer.ConnectAsync(Instance.ConnectString + await NewChrootAsync());
        TaskCompletionSource closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await client.ExistsAsync("/go", _ =>
        {
            client.DisposeAsync().AsTask().Wait();
            closed.SetResult();
        });
        await client.CreateAsync("/go", default);
        await closed.Task.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.That(client.State, Is.EqualTo(ZkState.Closed));
    }
}
