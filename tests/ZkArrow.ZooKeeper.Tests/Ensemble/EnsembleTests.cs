using ZkArrow.Testing;

namespace ZkArrow.ZooKeeper.Tests.Ensemble;

/// <summary>What clients see of an ensemble of three whose members come and go.</summary>
[CancelAfter(60_000)]
[FixtureLifeCycle(LifeCycle.SingleInstance)]
public sealed class EnsembleTests
{
    private static readonly TimeSpan _timeout = TimeSpan.FromSeconds(10);
    private ZooKeeperEnsemble _ensemble = null!;

    [OneTimeSetUp]
    public async Task StartAsync() => _ensemble = await ZooKeeperEnsemble.StartAsync(RunSecurity.Server);

    [OneTimeTearDown]
    public async Task StopAsync() => await _ensemble.DisposeAsync();

    [TearDown]
    public Task ReviveAsync() => _ensemble.ReviveAsync();

    [Test]
    public async Task The_session_moves_to_another_server_with_the_client()
    {
        await using Routes routes = new(_ensemble);
        ChaosProxy left = routes.To(_ensemble.Servers[0]);
        await using ZkClient client = await routes.ConnectAsync(_ensemble.Servers[0], _timeout);
        Owner owner = await Owner.CreateAsync(client);
        left.Refusing = true;
        left.Cut();
        await owner.AssertMovedAsync();
        Assert.That(left.Connections, Is.EqualTo(1));
    }

    [Test]
    public async Task A_write_to_a_server_that_the_session_has_left_is_not_called_done_and_the_session_comes_back()
    {
        await using Routes routes = new(_ensemble);
        await using ZkClient client = await routes.ConnectAsync(_ensemble.Servers[0], _timeout);
        Owner owner = await Owner.CreateAsync(client);
        string path = $"/left-{Guid.NewGuid():N}";
        await client.CreateAsync(path, default);
        await RawSession.MoveAsync(_ensemble.Servers[1], client.Session);

        // the server that was left refuses by closing the connection, which does not tell what became of the write
        ZkResult<ZkSet> left = await client.TrySetDataAsync(path, default, 0);
        Assert.That((left.Code, left.Outcome), Is.EqualTo((ZkErrorCode.ConnectionLoss, ZkOutcome.Unknown)));
        await owner.AssertMovedAsync();
        Assert.That((await client.SetDataAsync(path, default, 0)).Stat.Version, Is.EqualTo(1), "it was not done, so the same one is");
    }

    [Test]
    public async Task The_sessions_of_all_servers_outlive_the_leader()
    {
        ZooKeeperServer leader = await _ensemble.LeaderAsync();
        await using Routes routes = new(_ensemble), others = new(_ensemble);
        await using ZkClient withLeader = await routes.ConnectAsync(leader, _timeout);
        await using ZkClient withFollower = await others.ConnectAsync(await _ensemble.FollowerAsync(), _timeout);
        Owner first = await Owner.CreateAsync(withLeader), second = await Owner.CreateAsync(withFollower);
        leader.Kill();
        await first.AssertMovedAsync();
        await second.AssertMovedAsync(); // without a leader no member serves
        Assert.That(await _ensemble.LeaderAsync(), Is.Not.SameAs(leader));
    }

    [Test]
    public async Task A_killed_follower_matters_to_its_own_clients_alone()
    {
        ZooKeeperServer follower = await _ensemble.FollowerAsync();
        await using Routes routes = new(_ensemble), others = new(_ensemble);
        await using ZkClient moving = await routes.ConnectAsync(follower, _timeout);
        await using ZkClient staying = await others.ConnectAsync(await _ensemble.LeaderAsync(), _timeout);
        Owner moved = await Owner.CreateAsync(moving), stayed = await Owner.CreateAsync(staying);
        follower.Kill();
        await moved.AssertMovedAsync();
        await stayed.AssertKeptAsync();
        Assert.That(stayed.States.All, Is.Empty);
    }

    [Test]
    public async Task A_session_that_the_ensemble_expired_is_lost_once_and_another_begins()
    {
        await using Routes routes = new(_ensemble);
        await using ZkClient client = await routes.ConnectAsync(_ensemble.Servers[0], TimeSpan.FromSeconds(1));
        await using ZkClient other = await SharedServer.ConnectAsync(_ensemble.ConnectString, _timeout);
        Recorder<ZkStateChange> states = new();
        Recorder<ZkWatchEvent> gone = new();
        string path = $"/expires-{Guid.NewGuid():N}";
        long first = (await client.CreateAsync(path, default, ZkCreateMode.Ephemeral)).Stat.EphemeralOwner;
        client.StateChanged += states.Add;
        await other.ExistsAsync(path, gone.Add);

        routes.CloseAll();
        Assert.That((await gone.CountAsync(1))[0].Type, Is.EqualTo(ZkEventType.NodeDeleted));
        routes.OpenAll();
        await states.CountAsync(3);
        await client.SyncAsync("/");
        Assert.That(client.SessionId, Is.Not.EqualTo(first));
        Assert.That(states.All, Is.EqualTo(new[]
        {
            new ZkStateChange(ZkState.Connected, ZkState.Suspended, first),
            new ZkStateChange(ZkState.Suspended, ZkState.Lost, first),
            new ZkStateChange(ZkState.Lost, ZkState.Connected, client.SessionId),
        }));
    }

    [Test]
    public async Task A_rolling_restart_suspends_and_loses_nothing()
    {
        await using ZkClient client = await SharedServer.ConnectAsync(_ensemble.ConnectString, _timeout);
        Owner owner = await Owner.CreateAsync(client);
        await _ensemble.RestartEachAsync();
        await owner.AssertKeptAsync();
        int changes = owner.States.All.Length;
        // the restart of the leader alone suspends everybody
        Assert.That(changes, Is.InRange(2, 6).And.Matches<int>(static count => count % 2 == 0));
        await owner.AssertMovedAsync(changes / 2);
    }

    [Test]
    public async Task A_process_stopped_past_its_session_finds_it_lost_and_begins_another()
    {
        const string path = "/of-the-child";
        await using ZkClient other = await SharedServer.ConnectAsync(_ensemble.ConnectString, _timeout);
        await using ChildClient child = ChildClient.Start(_ensemble.ConnectString, TimeSpan.FromSeconds(1), path);
        string ready = (await child.Lines.CountAsync(1))[0];
        Recorder<ZkWatchEvent> events = new();
        string first = $"0x{(await other.ExistsAsync(path, events.Add)).Stat!.Value.EphemeralOwner:x}";
        Assert.That(ready, Is.EqualTo($"Ready {first}"));

        child.Pause();
        Assert.That((await events.CountAsync(1))[0].Type, Is.EqualTo(ZkEventType.NodeDeleted), "the ensemble expired the session");
        child.Resume();

        string connected = (await child.Lines.CountAsync(4))[3];
        await child.EndAsync();
        Assert.That(connected, Does.StartWith("Connected 0x").And.Not.EqualTo($"Connected {first}"));
        Assert.That(
            child.Lines.All, // to its end: nothing was told twice
            Is.EqualTo(new[] { ready, $"Suspended {first}", $"Lost {first}", connected, connected.Replace("Connected", "Closed") }));
    }
}
