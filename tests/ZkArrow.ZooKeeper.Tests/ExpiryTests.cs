using ZkArrow.Testing;

namespace ZkArrow.ZooKeeper.Tests;

/// <summary>What happens when the session is lost. These tests hurt their server, so they have one of their own.</summary>
[CancelAfter(90_000)]
public sealed class ExpiryTests
{
    private static readonly TimeSpan _timeout = TimeSpan.FromSeconds(1);
    private ZooKeeperServer _server = null!;

    [OneTimeSetUp]
    public async Task StartAsync() => _server = await ZooKeeperServer.StartAsync(RunSecurity.Server);

    [OneTimeTearDown]
    public async Task StopAsync() => await _server.DisposeAsync();

    [Test]
    public async Task A_session_the_server_expired_is_lost_once_and_a_new_one_is_made()
    {
        await using ChaosProxy proxy = RunSecurity.Proxy(_server);
        await using ZkClient client = await SharedServer.ConnectAsync(proxy.ConnectString, _timeout);
        await using ZkClient other = await SharedServer.ConnectAsync(_server.ConnectString);
        Recorder<ZkStateChange> states = new();
        client.StateChanged += states.Add;
        long first = client.SessionId;
        await client.CreateAsync("/expires", default, ZkCreateMode.Ephemeral);
        Recorder<ZkWatchEvent> oneShot = new(), persistent = new();
        await client.GetDataAsync("/", oneShot.Add);
        await using IAsyncDisposable watch = await client.AddWatchAsync("/", ZkWatchMode.PersistentRecursive, persistent.Add);

        proxy.Refusing = true;
        proxy.Cut();
        await states.CountAsync(1);
        Task<ZkSet> queued = client.SetDataAsync("/", default).AsTask();
        await states.CountAsync(2);
        ZkSessionExpiredException? expired = await Assert.ThrowsAsync<ZkSessionExpiredException>(() => queued);
        Assert.That(expired!.Outcome, Is.EqualTo(ZkOutcome.NotDone), "what was meant for the old session is not done in the new one");
        await Eventually.TrueAsync(
            async () => (await other.ExistsAsync("/expires")).Stat is null, "the server expired the session too");
        Task<ZkCreated> fresh = client.CreateAsync("/fresh", default, ZkCreateMode.Ephemeral).AsTask();
        proxy.Refusing = false;
        await states.CountAsync(3);

        long second = client.SessionId;
        Assert.That(second, Is.Not.EqualTo(first));
        Assert.That(states.All, Is.EqualTo(new[]
        {
            new ZkStateChange(ZkState.Connected, ZkState.Suspended, first),
            new ZkStateChange(ZkState.Suspended, ZkState.Lost, first),
            new ZkStateChange(ZkState.Lost, ZkState.Connected, second),
        }));
        Assert.That((await fresh).Stat.EphemeralOwner, Is.EqualTo(second));

        await persistent.ContainsAsync(static e => e.Type == ZkEventType.Resync, "the persistent watch was armed again");
        await other.CreateAsync("/seen", default);
        await persistent.ContainsAsync(static e => e is { Type: ZkEventType.NodeCreated, Path: "/seen" }, "it works");
        Assert.That(oneShot.All.Select(static e => e.Type), Is.EqualTo(new[] { ZkEventType.Lost }));
        Assert.That(persistent.All.Count(static e => e.Type == ZkEventType.Lost), Is.EqualTo(1));
        await other.DeleteAsync("/seen");
    }

    [Test]
    public async Task A_session_the_server_does_not_know_any_more_is_lost()
    {
        await using ChaosProxy proxy = RunSecurity.Proxy(_server);
        await using ZkClient client = await SharedServer.ConnectAsync(proxy.ConnectString, TimeSpan.FromSeconds(10));
        Recorder<ZkStateChange> states = new();
        client.StateChanged += states.Add;
        long first = client.SessionId;
        proxy.HoldReplies(); // the reply to the close of the session must not end the client's read loop first
        await CloseSessionOfAsync(client);
        proxy.Cut();
        proxy.ReleaseReplies();
        await states.CountAsync(3);
        Assert.That(
            states.All.Select(static s => s.Current),
            Is.EqualTo(new[] { ZkState.Suspended, ZkState.Lost, ZkState.Connected }));
        Assert.That(client.SessionId, Is.Not.EqualTo(first));
    }

    [Test]
    public async Task A_frozen_server_means_suspended_then_lost_then_a_new_session()
    {
        await using ZkClient client = await SharedServer.ConnectAsync(_server.ConnectString, _timeout);
        Recorder<ZkStateChange> states = new();
        client.StateChanged += states.Add;
        _server.Pause();
        await states.CountAsync(2);
        Assert.That(client.State, Is.EqualTo(ZkState.Lost));
        Assert.That(client.SinceLastHeard, Is.GreaterThan(client.NegotiatedTimeout));
        _server.Resume();
        await states.CountAsync(3);
        Assert.That(
            states.All.Select(static s => s.Current),
            Is.EqualTo(new[] { ZkState.Suspended, ZkState.Lost, ZkState.Connected }));
    }

    [Test]
    public async Task A_restarted_server_keeps_the_session()
    {
        await using ZkClient client = await SharedServer.ConnectAsync(_server.ConnectString, TimeSpan.FromSeconds(10));
        long session = client.SessionId;
        Recorder<ZkStateChange> states = new();
        client.StateChanged += states.Add;
        await client.CreateAsync("/stays", default, ZkCreateMode.Ephemeral);
        _server.Kill();
        await Eventually.TrueAsync(() => client.State == ZkState.Suspended, "the client noticed");
        await _server.RestartAsync();
        Assert.That((await client.ExistsAsync("/stays")).Stat!.Value.EphemeralOwner, Is.EqualTo(session));
        Assert.That(states.All, Is.EqualTo(new[]
        {
            new ZkStateChange(ZkState.Connected, ZkState.Suspended, session),
            new ZkStateChange(ZkState.Suspended, ZkState.Connected, session),
        }));
    }

    /// <summary>Ends a session behind its client's back, as another connection with its id and password.</summary>
    private async Task CloseSessionOfAsync(ZkClient client) => await RawSession.CloseAsync(_server, client.Session);
}
