using ZkArrow.Testing;
using static ZkArrow.ZooKeeper.Tests.SharedServer;

namespace ZkArrow.ZooKeeper.Tests;

/// <summary>What happens when the connection breaks and the session does not.</summary>
[CancelAfter(60_000)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class ReconnectTests
{
    private readonly Recorder<ZkStateChange> _states = new();
    private ChaosProxy _proxy = null!;
    private ZkClient _client = null!;

    [SetUp]
    public async Task ConnectAsync()
    {
        string chroot = await NewChrootAsync();
        _proxy = RunSecurity.Proxy(Instance);
        _client = await SharedServer.ConnectAsync(_proxy.ConnectString + chroot);
        _client.StateChanged += _states.Add;
        await _client.CreateAsync("/x", Bytes("0"));
    }

    [TearDown]
    public async Task CloseAsync()
    {
        await _client.DisposeAsync();
        await _proxy.DisposeAsync();
    }

    [Test]
    public async Task The_session_and_its_ephemerals_survive_a_cut_and_each_change_is_told_once()
    {
        long session = _client.SessionId;
        await _client.CreateAsync("/e", default, ZkCreateMode.Ephemeral);
        for (int i = 0; i < 3; i++)
        {
            _proxy.Cut();
            await _states.CountAsync(2 * (i + 1));
            Assert.That((await _client.ExistsAsync("/e")).Stat!.Value.EphemeralOwner, Is.EqualTo(session));
        }

        ZkStateChange suspended = new(ZkState.Connected, ZkState.Suspended, session);
        ZkStateChange back = new(ZkState.Suspended, ZkState.Connected, session);
        Assert.That(_states.All, Is.EqualTo(new[] { suspended, back, suspended, back, suspended, back }));
        Assert.That(_proxy.Connections, Is.EqualTo(4));
    }

    [Test]
    public async Task A_write_whose_reply_is_lost_is_unknown_and_was_done()
    {
        _proxy.LoseReply();
        ZkConnectionLossException? lost = await Assert.ThrowsAsync<ZkConnectionLossException>(
            async () => await _client.SetDataAsync("/x", Bytes("1"), 0));
        Assert.That((lost!.Outcome, lost.Path, lost.Code), Is.EqualTo((ZkOutcome.Unknown, "/x", ZkErrorCode.ConnectionLoss)));
        // rule: only the same conditional write can tell, and it says here that ours was done
        Assert.That(async () => await _client.SetDataAsync("/x", Bytes("1"), 0), Throws.InstanceOf<ZkBadVersionException>());
        Assert.That((await _client.GetDataAsync("/x")).Data, Is.EqualTo(Bytes("1")));
    }

    [Test]
    public async Task A_multi_whose_reply_is_lost_is_unknown_and_a_read_is_not_done()
    {
        _proxy.LoseReply();
        ZkException? lost = await Assert.CatchAsync<ZkException>(async () => await _client.MultiAsync([ZkOp.Check("/x", 0)]));
        Assert.That((lost!.Outcome, lost.Code), Is.EqualTo((ZkOutcome.Unknown, ZkErrorCode.ConnectionLoss)));
        _proxy.LoseReply();
        lost = await Assert.CatchAsync<ZkException>(async () => await _client.GetDataAsync("/x"));
        Assert.That((lost!.Outcome, lost.Code), Is.EqualTo((ZkOutcome.NotDone, ZkErrorCode.ConnectionLoss)));
    }

    [Test]
    public async Task Of_many_writes_in_flight_those_with_a_reply_are_done_and_the_rest_unknown()
    {
        _proxy.LoseReply(51);
        Task<ZkSet>[] writes = [.. Enumerable.Range(0, 100).Select(_ => _client.SetDataAsync("/x", default).AsTask())];
        int done = 0, unknown = 0;
        foreach (Task<ZkSet> write in writes)
        {
            try
            {
                Assert.That((await write).Stat.Version, Is.EqualTo(++done), "replies come in the order of the calls");
            }
            catch (ZkConnectionLossException lost)
            {
                Assert.That(lost.Outcome, Is.EqualTo(ZkOutcome.Unknown));
                unknown++;
            }
        }

        // what had not been sent when the connection broke waited and was done after it
        Assert.That(unknown, Is.GreaterThanOrEqualTo(1));
        Assert.That(done + unknown, Is.EqualTo(100));
        Assert.That((await _client.ExistsAsync("/x")).Stat!.Value.Version, Is.InRange(done + 1, 100));
    }

    [Test]
    public async Task What_was_not_sent_waits_for_the_connection()
    {
        await AwayAsync();
        Task<ZkSet> write = _client.SetDataAsync("/x", Bytes("later")).AsTask();
        Task<ZkData> read = _client.GetDataAsync("/x").AsTask();
        Assert.That(write.IsCompleted, Is.False);
        _proxy.Refusing = false;
        Assert.That((await write).Stat.Version, Is.EqualTo(1));
        Assert.That((await read).Data, Is.EqualTo(Bytes("later")));
    }

    [Test]
    public async Task Cancelled_before_it_was_sent_is_not_done()
    {
        await AwayAsync();
        using CancellationTokenSource source = new();
        Task<ZkSet> write = _client.SetDataAsync("/x", Bytes("never"), ct: source.Token).AsTask();
        Task<ZkSet> kept = _client.SetDataAsync("/x", Bytes("kept")).AsTask();
        await source.CancelAsync();
        ZkCanceledException? cancelled = await Assert.ThrowsAsync<ZkCanceledException>(() => write);
        Assert.That((cancelled!.Outcome, cancelled.Path), Is.EqualTo((ZkOutcome.NotDone, "/x")));
        Assert.That(cancelled.CancellationToken, Is.EqualTo(source.Token));
        Assert.That(write.IsCanceled, Is.True);
        _proxy.Refusing = false;
        Assert.That((await kept).Stat.Version, Is.EqualTo(1), "the cancelled write was never sent");
    }

    [Test]
    public async Task Cancelled_before_the_call_is_not_done()
    {
        using CancellationTokenSource source = new();
        await source.CancelAsync();
        ZkCanceledException? cancelled = await Assert.ThrowsAsync<ZkCanceledException>(
            async () => await _client.SetDataAsync("/x", default, ct: source.Token));
        Assert.That(cancelled!.Outcome, Is.EqualTo(ZkOutcome.NotDone));
        Assert.That((await _client.ExistsAsync("/x")).Stat!.Value.Version, Is.Zero);
    }

    [Test]
    public async Task Cancelled_after_it_was_sent_is_unknown_and_later_replies_find_their_requests()
    {
        _proxy.HoldReplies();
        using CancellationTokenSource source = new();
        Task<ZkSet> write = _client.SetDataAsync("/x", Bytes("1"), ct: source.Token).AsTask();
        Task<ZkData> read = _client.GetDataAsync("/x").AsTask();
        await using (ZkClient other = await SharedServer.ConnectAsync(Instance.ConnectString + _client.Chroot))
        {
            await Eventually.TrueAsync(
                async () => (await other.ExistsAsync("/x")).Stat!.Value.Version == 1, "the server did the write");
        }

        await source.CancelAsync();
        ZkCanceledException? cancelled = await Assert.ThrowsAsync<ZkCanceledException>(() => write);
        Assert.That(cancelled!.Outcome, Is.EqualTo(ZkOutcome.Unknown));
        _proxy.ReleaseReplies();
        Assert.That((await read).Data, Is.EqualTo(Bytes("1")));
    }

    [Test]
    public async Task Credentials_are_presented_again()
    {
        await _client.AddAuthAsync(ZkAuth.Digest("ann", "secret"));
        await _client.CreateAsync("/mine", Bytes("x"), acl: ZkAcl.Creator);
        await AwayAsync();
        Task<ZkData> read = _client.GetDataAsync("/mine").AsTask();
        _proxy.Refusing = false;
        Assert.That((await read).Data, Is.EqualTo(Bytes("x")));
    }

    [Test]
    public async Task An_idle_session_is_kept_alive_and_hears_from_the_server()
    {
        await using ZkClient idle = await SharedServer.ConnectAsync(Instance.ConnectString, TimeSpan.FromSeconds(3));
        Recorder<ZkStateChange> states = new();
        idle.StateChanged += states.Add;
        long session = idle.SessionId;
        for (int i = 0; i < 4; i++)
        {
            await Eventually.TrueAsync(() => idle.SinceLastHeard > TimeSpan.FromMilliseconds(500), "the session was idle");
            TimeSpan before = idle.SinceLastHeard;
            Assert.That(before, Is.LessThan(idle.NegotiatedTimeout));
            await Eventually.TrueAsync(() => idle.SinceLastHeard < before, "a ping was answered");
        }

        Assert.That((await idle.ExistsAsync("/")).Stat, Is.Not.Null);
        Assert.That(idle.SessionId, Is.EqualTo(session));
        Assert.That(states.All, Is.Empty);
    }

    [Test]
    public async Task A_silent_server_is_left_before_the_session_expires()
    {
        await using ChaosProxy silent = RunSecurity.Proxy(Instance);
        await using ZkClient client = await SharedServer.ConnectAsync(silent.ConnectString, TimeSpan.FromSeconds(3));
        Recorder<ZkStateChange> states = new();
        client.StateChanged += states.Add;
        long session = client.SessionId;
        silent.HoldReplies();
        await states.CountAsync(1);
        silent.ReleaseReplies();
        await states.CountAsync(2);
        Assert.That(states.All.Select(static s => s.Current), Is.EqualTo(new[] { ZkState.Suspended, ZkState.Connected }));
        Assert.That(client.SessionId, Is.EqualTo(session));
    }

    [Test]
    public async Task After_a_silent_server_the_others_are_tried_first()
    {
        await using ChaosProxy one = RunSecurity.Proxy(Instance), two = RunSecurity.Proxy(Instance);
        await using ZkClient client = await SharedServer.ConnectAsync(
            $"{one.ConnectString},{two.ConnectString}", TimeSpan.FromSeconds(3));
        Recorder<ZkStateChange> states = new();
        client.StateChanged += states.Add;
        long session = client.SessionId;
        ChaosProxy silent = one.Connections > 0 ? one : two;
        silent.HoldReplies();
        await states.CountAsync(2);
        Assert.That(states.All.Select(static s => s.Current), Is.EqualTo(new[] { ZkState.Suspended, ZkState.Connected }));
        Assert.That((client.SessionId, silent.Connections), Is.EqualTo((session, 1)));
    }

    [Test]
    public async Task A_handler_that_throws_keeps_no_change_from_the_others()
    {
        Recorder<ZkStateChange> others = new();
        _client.StateChanged += static _ => throw new InvalidOperationException("a test's own mistake");
        _client.StateChanged += others.Add;
        _proxy.Cut();
        await others.CountAsync(2);
    }

    [Test]
    public async Task Under_many_cuts_what_is_called_done_is_done_and_what_is_called_not_done_is_not()
    {
        int running = 4, unknown = 0;
        Task[] writers = [.. Enumerable.Range(0, running).Select(writer => Task.Run(async () =>
        {
            string path = $"/w{writer}";
            await UntilKnownAsync(async () =>
            {
                if ((await _client.ExistsAsync(path)).Stat is null)
                    await _client.CreateAsync(path, default);
            });
            int version = 0;
            for (int i = 0; i < 400; i++)
            {
                try
                {
                    version = (await _client.SetDataAsync(path, default, version)).Stat.Version;
                }
                catch (ZkConnectionLossException lost)
                {
                    int now = 0;
                    await UntilKnownAsync(async () => now = (await _client.ExistsAsync(path)).Stat!.Value.Version);
                    if (lost.Outcome == ZkOutcome.Unknown)
                        Interlocked.Increment(ref unknown);
                    Assert.That(now - version, Is.InRange(0, lost.Outcome == ZkOutcome.Unknown ? 1 : 0));
                    version = now;
                }
            }

            Interlocked.Decrement(ref running);
        }))];
        long session = _client.SessionId;
        for (int k = 1; Volatile.Read(ref running) > 0; k++)
        {
            int before = _states.All.Length;
            if (k % 2 == 0)
                _proxy.Cut();
            else
                _proxy.LoseReply(k % 7);
            await Eventually.TrueAsync(
                () => _states.All.Length >= before + 2 || Volatile.Read(ref running) == 0, "the cut came and went");
        }

        await Task.WhenAll(writers);
        Assert.That(unknown, Is.GreaterThan(0));
        Assert.That(_client.SessionId, Is.EqualTo(session));

        // only reads, and creates that read first: to repeat them is safe
        static async Task UntilKnownAsync(Func<Task> act)
        {
            while (true)
            {
                try
                {
                    await act();
                    return;
                }
                catch (ZkConnectionLossException)
                {
                }
            }
        }
    }

    [Test]
    public async Task Dead_servers_of_the_list_are_passed_over()
    {
        string dead = $"127.0.0.1:{LoopbackPort.Free()}";
        await using ZkClient client = await SharedServer.ConnectAsync(
            $"{dead},{dead},no-such-host.invalid,{Instance.ConnectString},{dead}");
        Assert.That((await client.ExistsAsync("/")).Stat, Is.Not.Null);
    }

    [Test]
    public async Task Connecting_to_nobody_ends_with_its_token()
    {
        using CancellationTokenSource source = new(TimeSpan.FromMilliseconds(300));
        ZkCanceledException? cancelled = await Assert.ThrowsAsync<ZkCanceledException>(async () => await ZkClient.ConnectAsync(
            new ZkClientOptions { ConnectString = $"127.0.0.1:{LoopbackPort.Free()}" }, source.Token));
        Assert.That((cancelled!.CancellationToken, cancelled.Outcome), Is.EqualTo((source.Token, ZkOutcome.NotDone)));
    }

    private async Task AwayAsync()
    {
        _proxy.Refusing = true;
        _proxy.Cut();
        await _states.ContainsAsync(static s => s.Current == ZkState.Suspended, "the client noticed the cut");
    }
}
