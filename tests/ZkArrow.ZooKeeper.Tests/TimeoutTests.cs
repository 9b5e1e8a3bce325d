using ZkArrow.Testing;
using static ZkArrow.ZooKeeper.Tests.SharedServer;

namespace ZkArrow.ZooKeeper.Tests;

[CancelAfter(60_000)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class TimeoutTests
{
    private ChaosProxy _proxy = null!;
    private ZkClient _client = null!;

    [SetUp]
    public async Task ConnectAsync()
    {
        _proxy = RunSecurity.Proxy(Instance);
        _client = await ZkClient.ConnectAsync(RunSecurity.Options(_proxy.ConnectString + await NewChrootAsync()) with
        {
            SessionTimeout = TimeSpan.FromSeconds(10),
            OperationTimeout = TimeSpan.FromMilliseconds(400),
        });
        await _client.CreateAsync("/x", default);
    }

    [TearDown]
    public async Task CloseAsync()
    {
        _proxy.ReleaseReplies();
        await _client.DisposeAsync();
        await _proxy.DisposeAsync();
    }

    [Test]
    public async Task What_was_sent_and_not_answered_in_time_is_unknown_and_its_late_reply_is_nobodys()
    {
        _proxy.HoldReplies();
        Task<ZkSet> write = _client.SetDataAsync("/x", Bytes("1")).AsTask();
        Task<ZkResult<ZkData>> read = _client.TryGetDataAsync("/x").AsTask();
        ZkTimeoutException? late = await Assert.ThrowsAsync<ZkTimeoutException>(() => write);
        Assert.That(
            (late!.Code, late.Outcome, late.Path, late.Message),
            Is.EqualTo((ZkErrorCode.OperationTimeout, ZkOutcome.Unknown, "/x",
                "SetData of '/x' failed; it may or may not have been done. It took longer than 400 ms.")));
        Assert.That(((await read).Code, (await read).Outcome), Is.EqualTo((ZkErrorCode.OperationTimeout, ZkOutcome.NotDone)));
        _proxy.ReleaseReplies();
        Assert.That((await _client.GetDataAsync("/x")).Data, Is.EqualTo(Bytes("1")));
        Assert.That(_client.State, Is.EqualTo(ZkState.Connected));
    }

    [Test]
    public async Task What_was_not_sent_in_time_is_not_done()
    {
        _proxy.Refusing = true;
        _proxy.Cut();
        await Eventually.TrueAsync(() => _client.State == ZkState.Suspended, "it was away");
        ZkTimeoutException? late = await Assert.ThrowsAsync<ZkTimeoutException>(
            async () => await _client.SetDataAsync("/x", Bytes("never")));
        Assert.That(late!.Outcome, Is.EqualTo(ZkOutcome.NotDone));
        _proxy.Refusing = false;
        await Eventually.TrueAsync(() => _client.State == ZkState.Connected, "it was back");
        Assert.That((await _client.GetDataAsync("/x")).Stat.Version, Is.Zero, "it was never sent");
    }

    [Test]
    public async Task Later_calls_have_their_own_time()
    {
        for (int i = 0; i < 3; i++)
        {
            _proxy.HoldReplies();
            await Assert.ThrowsAsync<ZkTimeoutException>(async () => await _client.SyncAsync("/"));
            _proxy.ReleaseReplies();
            await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => _client.SyncAsync("/").AsTask()));
        }
    }

    [Test]
    public void A_timeout_out_of_range_is_refused() =>
        Assert.That(
            async () => await ZkClient.ConnectAsync(
                new ZkClientOptions { ConnectString = "h:1", OperationTimeout = TimeSpan.Zero }),
            Throws.ArgumentException);
}
