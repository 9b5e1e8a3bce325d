using ZkArrow.Testing;
using ZkArrow.ZooKeeper.Session;
using static ZkArrow.ZooKeeper.Tests.SharedServer;

namespace ZkArrow.ZooKeeper.Tests;

/// <summary>Other servers for a client, servers that only read, and ensembles that change their members.</summary>
[CancelAfter(120_000)]
public sealed class MovingTests
{
    [Test]
    public async Task A_new_list_of_servers_moves_the_session_only_when_its_server_is_not_in_it()
    {
        await using ChaosProxy first = RunSecurity.Proxy(Instance);
        await using ChaosProxy second = RunSecurity.Proxy(Instance);
        string chroot = await NewChrootAsync();
        await using ZkClient client = await SharedServer.ConnectAsync(first.ConnectString + chroot);
        Recorder<ZkStateChange> states = new();
        client.StateChanged += states.Add;
        await client.CreateAsync("/e", default, ZkCreateMode.Ephemeral);
        long session = client.SessionId;

        client.Session.Chance = new FixedChance(0.5); // the upper half stays
        client.UpdateServers($"{first.ConnectString},{second.ConnectString}{chroot}");
        await client.SyncAsync("/");
        Assert.That((second.Connections, states.All.Length), Is.EqualTo((0, 0)));

        client.UpdateServers(second.ConnectString + chroot);
        await states.ContainsAsync(static s => s.Current == ZkState.Connected, "it had moved");
        Assert.That((await client.ExistsAsync("/e")).Stat!.Value.EphemeralOwner, Is.EqualTo(session));
        Assert.That((client.SessionId, second.Connections, first.Connections), Is.EqualTo((session, 1, 1)));

        Assert.That(() => client.UpdateServers(first.ConnectString), Throws.ArgumentException);
        Assert.That(() => client.UpdateServers("h:0" + chroot), Throws.InstanceOf<FormatException>());
    }

    [Test]
    public void When_the_list_grows_the_clients_spread_evenly()
    {
        string[] before = ["a", "b", "c"];
        string[] after = ["a", "b", "c", "d", "e"];
        Random chance = new(1355);
        int[] favoured = [.. Enumerable.Range(0, 10_000).Select(_ => ZkSession.Favoured(before, after, isListed: true, chance).Count)];
        Assert.That(favoured.Count(static count => count == 2), Is.InRange(3_850, 4_150), "two of five servers are new");
        Assert.That(favoured, Has.All.AnyOf(0, 2));
        Assert.That(ZkSession.Favoured(before, after, isListed: false, new FixedChance(0.99)), Is.EquivalentTo((string[])["d", "e"]));
        Assert.That(ZkSession.Favoured(after, before, isListed: true, new FixedChance(0)), Is.Empty);
        Assert.That(ZkSession.Favoured(before, ["d", "a", "b"], isListed: true, new FixedChance(0)), Is.Empty, "it did not grow");
    }

    [Test]
    public async Task As_many_clients_as_their_chance_says_move_to_the_new_server_with_their_sessions()
    {
        const int clients = 18;
        await using ScriptedServer first = new(static packet => [ScriptedServer.Reply(packet, 9, 0)]);
        await using ScriptedServer second = new(static packet => [ScriptedServer.Reply(packet, 9, 0)]);
        await using ScriptedServer added = new(static packet => [ScriptedServer.Reply(packet, 9, 0)]);
        int moving = 0;
        for (int seed = 0; seed < clients; seed++)
        {
            string before = $"{first.ConnectString},{second.ConnectString}";
            await using ZkClient client = await SharedServer.ConnectAsync(new ZkClientOptions { ConnectString = before });
            Recorder<ZkStateChange> states = new();
            client.StateChanged += states.Add;
            client.Session.Chance = new Random(seed);
            client.UpdateServers($"{before},{added.ConnectString}");
            if (new Random(seed).NextDouble() < 1.0 / 3)
            {
                moving++;
                await states.ContainsAsync(static s => s.Current == ZkState.Connected, "it had moved");
            }

            await client.SyncAsync("/");
            Assert.That(
                (first.Handshakes.All.Length + second.Handshakes.All.Length, added.Handshakes.All.Length), Is.EqualTo((seed + 1, moving)));
            Assert.That(states.All.Select(static s => s.Current), Does.Not.Contain(ZkState.Lost));
        }

        Assert.That(moving, Is.InRange(1, clients - 1), "some moved and some stayed");
    }

    /// <summary>A chance that always says the same.</summary>
    private sealed class FixedChance(double value) : Random
    {
        public override double NextDouble() => value;
    }

    [Test]
    public async Task A_server_without_quorum_answers_reads_and_the_client_moves_to_one_that_can_write()
    {
        await using ZooKeeperServer readOnly = await StartMemberAsync(1, Members());
        using CancellationTokenSource soon = new(TimeSpan.FromSeconds(2));
        Assert.That(
            async () => await ZkClient.ConnectAsync(RunSecurity.Options(readOnly.ConnectString), soon.Token),
            Throws.InstanceOf<ZkCanceledException>(), "a client that did not ask for it gets no read-only session");
        await using ZkClient client = await ZkClient.ConnectAsync(
            RunSecurity.Options(readOnly.ConnectString) with { CanBeReadOnly = true },
            new CancellationTokenSource(TimeSpan.FromSeconds(30)).Token);
        Assert.That(client.State, Is.EqualTo(ZkState.ConnectedReadOnly));
        Assert.That((await client.GetChildrenAsync("/")).Names, Is.EqualTo(new[] { "zookeeper" }));
        ZkResult<ZkCreated> refused = await client.TryCreateAsync("/x", default);
        Assert.That((refused.Code, refused.Outcome), Is.EqualTo((ZkErrorCode.NotReadOnly, ZkOutcome.NotDone)));

        Recorder<ZkStateChange> states = new();
        client.StateChanged += states.Add;
        Recorder<ZkWatchEvent> events = new();
        string node = await NewChrootAsync() + "-written";
        await client.ExistsAsync(node, events.Add);
        long meaningless = client.SessionId;
        client.UpdateServers($"{readOnly.ConnectString},{Instance.ConnectString}");
        await states.ContainsAsync(static s => s.Current == ZkState.Connected, "it moved to the server that can write");
        Assert.That(client.SessionId, Is.Not.EqualTo(meaningless));
        Assert.That(states.All.Select(static s => s.Current), Does.Not.Contain(ZkState.Lost), "a read-only id was not presented as a session");
        await client.CreateAsync(node, default, ZkCreateMode.Ephemeral);
        Assert.That((await events.CountAsync(1))[0].Type, Is.EqualTo(ZkEventType.NodeCreated), "its watches moved with it");
    }

    [Test]
    public async Task When_the_quorum_is_there_the_read_only_session_becomes_a_session()
    {
        string[] members = Members();
        await using ZooKeeperServer first = await StartMemberAsync(1, members);
        await using ZkClient client = await ZkClient.ConnectAsync(
            RunSecurity.Options(first.ConnectString) with { CanBeReadOnly = true },
            new CancellationTokenSource(TimeSpan.FromSeconds(30)).Token);
        Assert.That(client.State, Is.EqualTo(ZkState.ConnectedReadOnly));
        await using ZooKeeperServer second = await StartMemberAsync(2, members);
        await Eventually.TrueAsync(() => client.State == ZkState.Connected, "the quorum answered");
        await client.CreateAsync("/x", default, ZkCreateMode.Ephemeral);
        Assert.That((await client.ExistsAsync("/x")).Stat!.Value.EphemeralOwner, Is.EqualTo(client.SessionId));
    }

    [Test]
    public async Task Members_join_and_leave_and_the_configuration_tells()
    {
        await using ZooKeeperServer server = await ZooKeeperServer.StartAsync(
            RunSecurity.Server, "myid=1", $"server.1=127.0.0.1:{LoopbackPort.Free()}:{LoopbackPort.Free()}", "standaloneEnabled=false",
            "reconfigEnabled=true", "skipACL=yes");
        await using ZkClient client = await SharedServer.ConnectAsync(server.ConnectString);
        Recorder<ZkWatchEvent> events = new();
        ZkData before = await client.GetConfigAsync(events.Add);
        Assert.That(Text(before), Does.Contain("server.1=").And.Not.Contains("server.2="));

        string observer = $"server.2=127.0.0.1:{LoopbackPort.Free()}:{LoopbackPort.Free()}:observer;127.0.0.1:{LoopbackPort.Free()}";
        ZkData after = await client.ReconfigAsync(joining: observer);
        Assert.That(Text(after), Does.Contain("server.2=").And.Contains("observer"));
        Assert.That((await events.CountAsync(1))[0].Type, Is.EqualTo(ZkEventType.NodeDataChanged));
        Assert.That(Text(await client.GetConfigAsync()), Is.EqualTo(Text(after)));
        Assert.That(
            async () => await client.ReconfigAsync(leaving: "2", fromConfig: 1),
            Throws.InstanceOf<ZkBadVersionException>());
        Assert.That(Text(await client.ReconfigAsync(leaving: "2")), Does.Not.Contain("server.2="));
    }

    private static string Text(ZkData data) => System.Text.Encoding.UTF8.GetString(data.Data);

    internal static string[] Members() =>
        [.. Enumerable.Range(1, 2).Select(static n => $"server.{n}=127.0.0.1:{LoopbackPort.Free()}:{LoopbackPort.Free()}")];

    private static Task<ZooKeeperServer> StartMemberAsync(int id, string[] members) => StartMemberAsync(RunSecurity.Server, id, members);

    /// <summary>Starts one of several members, that serves readers while it is alone.</summary>
    internal static async Task<ZooKeeperServer> StartMemberAsync(ServerSecurity security, int id, string[] members)
    {
        const string flags = "ZOOKEEPER_JVMFLAGS";
        string? before = Environment.GetEnvironmentVariable(flags);
        Environment.SetEnvironmentVariable(flags, "-Dreadonlymode.enabled=true");
        try
        {
            return await ZooKeeperServer.StartAsync(
                security, [$"myid={id}", "localSessionsEnabled=true", "localSessionsUpgradingEnabled=true", .. members]);
        }
        finally
        {
            Environment.SetEnvironmentVariable(flags, before);
        }
    }
}
