using ZkArrow.Testing;
using static ZkArrow.ZooKeeper.Tests.SharedServer;

namespace ZkArrow.ZooKeeper.Tests;

[CancelAfter(60_000)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class TryTests
{
    private ChaosProxy _proxy = null!;
    private ZkClient _client = null!;

    [SetUp]
    public async Task ConnectAsync()
    {
        _proxy = RunSecurity.Proxy(Instance);
        _client = await SharedServer.ConnectAsync(_proxy.ConnectString + await NewChrootAsync());
        await _client.CreateAsync("/x", Bytes("1"));
    }

    [TearDown]
    public async Task CloseAsync()
    {
        await _client.DisposeAsync();
        await _proxy.DisposeAsync();
    }

    [Test]
    public async Task Success_has_the_value()
    {
        Assert.That((await _client.TryCreateAsync("/a", default)).Value.Path, Is.EqualTo("/a"));
        Assert.That((await _client.TryGetDataAsync("/x")).Value.Data, Is.EqualTo(Bytes("1")));
        Assert.That((await _client.TrySetDataAsync("/x", Bytes("2"), 0)).Value.Stat.Version, Is.EqualTo(1));
        Assert.That((await _client.TryExistsAsync("/none")).Value.Stat, Is.Null);
        Assert.That((await _client.TryGetChildrenAsync("/")).Value.Names, Is.EquivalentTo(new[] { "a", "x" }));
        ZkResult<ZkMultiResult> multi = await _client.TryMultiAsync([ZkOp.Check("/x", 1), ZkOp.Delete("/a")]);
        Assert.That((multi.IsOk, multi.Value.Results.Length, multi.FailedIndex), Is.EqualTo((true, 2, -1)));
        ZkResult<bool> deleted = await _client.TryDeleteAsync("/x");
        Assert.That((deleted.IsOk, deleted.Value, deleted.Outcome), Is.EqualTo((true, true, ZkOutcome.Done)));
        Assert.That(deleted.ToException(), Is.Null);
    }

    [Test]
    public async Task A_refusal_is_a_code_and_the_exception_can_still_be_had()
    {
        ZkResult<ZkData> read = await _client.TryGetDataAsync("/none");
        Assert.That((read.IsOk, read.Code, read.Outcome, read.Path), Is.EqualTo((false, ZkErrorCode.NoNode, ZkOutcome.NotDone, "/none")));
        Assert.That(read.ValueOrDefault, Is.EqualTo(default(ZkData)));
        Assert.That(() => read.Value, Throws.InstanceOf<ZkNoNodeException>().With.Message.EqualTo("GetData of '/none' failed: the node does not exist."));
        Assert.That((await _client.TryCreateAsync("/x", default)).Code, Is.EqualTo(ZkErrorCode.NodeExists));
        Assert.That((await _client.TrySetDataAsync("/x", default, 9)).Code, Is.EqualTo(ZkErrorCode.BadVersion));
        Assert.That((await _client.TryDeleteAsync("/x", 9)).Code, Is.EqualTo(ZkErrorCode.BadVersion));
        Assert.That((await _client.TryGetChildrenAsync("/none")).Code, Is.EqualTo(ZkErrorCode.NoNode));
        ZkResult<ZkSet> large = await _client.TrySetDataAsync("/x", new byte[2 << 20]);
        Assert.That(large.ToException(), Is.InstanceOf<ZkPacketTooLargeException>());
        Assert.That(async () => await _client.TryGetDataAsync("x"), Throws.ArgumentException);
    }

    [Test]
    public async Task A_refused_multi_says_which_operation()
    {
        ZkResult<ZkMultiResult> refused = await _client.TryMultiAsync([ZkOp.Check("/x", 0), ZkOp.Delete("/none"), ZkOp.Delete("/x")]);
        Assert.That(
            (refused.Code, refused.Outcome, refused.FailedIndex, refused.Path),
            Is.EqualTo((ZkErrorCode.NoNode, ZkOutcome.NotDone, 1, "/none")));
        Assert.That(((ZkMultiException)refused.ToException()!).Codes, Has.Count.EqualTo(3));
    }

    [Test]
    public async Task A_lost_reply_is_unknown_for_a_write_and_cancellation_is_thrown()
    {
        _proxy.HoldReplies();
        Task<ZkResult<ZkSet>> write = _client.TrySetDataAsync("/x", default).AsTask();
        Task<ZkResult<ZkData>> read = _client.TryGetDataAsync("/x").AsTask();
        using CancellationTokenSource source = new();
        Task<ZkResult<ZkSet>> cancelled = _client.TrySetDataAsync("/x", default, ct: source.Token).AsTask();
        await Eventually.TrueAsync(() => _client.Session.CountRequests().InFlight == 3, "all were sent");
        await source.CancelAsync();
        ZkCanceledException? thrown = await Assert.ThrowsAsync<ZkCanceledException>(() => cancelled);
        Assert.That(thrown!.Outcome, Is.EqualTo(ZkOutcome.Unknown));
        Assert.That(cancelled.IsCanceled, Is.True);
        _proxy.Cut();
        Assert.That(((await write).Code, (await write).Outcome), Is.EqualTo((ZkErrorCode.ConnectionLoss, ZkOutcome.Unknown)));
        Assert.That(((await read).Code, (await read).Outcome), Is.EqualTo((ZkErrorCode.ConnectionLoss, ZkOutcome.NotDone)));
    }
}
