using ZkArrow.Testing;
using static ZkArrow.ZooKeeper.Tests.SharedServer;

namespace ZkArrow.ZooKeeper.Tests;

[CancelAfter(60_000)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class InspectingTests
{
    private readonly Recorder<ZkWatchEvent> _events = new();
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
    public async Task Multi_read_answers_each_read_by_itself()
    {
        await _client.CreateAsync("/x/a", default);
        await _client.CreateAsync("/x/b", default);
        ZkMultiReadResult read = await _client.MultiReadAsync(
            [ZkReadOp.GetData("/x"), ZkReadOp.GetData("/none"), ZkReadOp.GetChildren("/x"), ZkReadOp.GetChildren("/")]);
        Assert.That(
            read.Results.Select(static r => r.Code),
            Is.EqualTo(new[] { ZkErrorCode.Ok, ZkErrorCode.NoNode, ZkErrorCode.Ok, ZkErrorCode.Ok }));
        Assert.That(read.Results[0].Data, Is.EqualTo(Bytes("1")));
        Assert.That(read.Results[0].Stat!.Value.NumChildren, Is.EqualTo(2));
        Assert.That(read.Results[1].Data, Is.Null);
        Assert.That(read.Results[2].Children, Is.EquivalentTo(new[] { "a", "b" }));
        Assert.That(read.Results[3].Children, Is.EqualTo(new[] { "x" }));
        Assert.That(read.Zxid, Is.Positive);
        Assert.That(async () => await _client.MultiReadAsync([]), Throws.ArgumentException);
        Assert.That(() => ZkReadOp.GetData("x"), Throws.ArgumentException);
    }

    [Test]
    public async Task Ephemerals_are_those_of_this_session_at_and_below_the_path()
    {
        await _client.CreateAsync("/x/e1", default, ZkCreateMode.Ephemeral);
        await _client.CreateAsync("/e2", default, ZkCreateMode.Ephemeral);
        await using ZkClient other = await SharedServer.ConnectAsync(Instance.ConnectString + _client.Chroot);
        await other.CreateAsync("/x/theirs", default, ZkCreateMode.Ephemeral);
        Assert.That(await _client.GetEphemeralsAsync(), Is.EquivalentTo(new[] { "/x/e1", "/e2" }));
        Assert.That(await _client.GetEphemeralsAsync("/x"), Is.EqualTo(new[] { "/x/e1" }));
        Assert.That(await other.GetEphemeralsAsync("/e"), Is.Empty);
    }

    [Test]
    public async Task A_chroot_that_is_a_prefix_of_another_lists_only_its_own_ephemerals()
    {
        await using ZkClient outside = await SharedServer.ConnectAsync(Instance.ConnectString);
        string longer = _client.Chroot + "b";
        await outside.CreateAsync(longer, default);
        await using ZkClient both = await SharedServer.ConnectAsync(Instance.ConnectString);
        await both.CreateAsync(longer + "/e", default, ZkCreateMode.Ephemeral);
        await both.CreateAsync(_client.Chroot + "/e", default, ZkCreateMode.Ephemeral);
        Assert.That(await both.GetEphemeralsAsync(_client.Chroot), Does.Contain(_client.Chroot + "/e"));
        await _client.CreateAsync("/mine", default, ZkCreateMode.Ephemeral);
        Assert.That(await _client.GetEphemeralsAsync(), Is.EqualTo(new[] { "/mine" }));
    }

    [Test]
    public async Task All_children_are_counted_however_deep()
    {
        Assert.That(await _client.GetAllChildrenNumberAsync("/x"), Is.Zero);
        await _client.EnsurePathAsync("/x/a/b/c");
        await _client.CreateAsync("/x/d", default);
        Assert.That(await _client.GetAllChildrenNumberAsync("/x"), Is.EqualTo(4));
    }

    [Test]
    public async Task Who_am_I_names_every_identity()
    {
        await _client.AddAuthAsync(ZkAuth.Digest("ann", "secret"));
        ZkIdentity[] all = await _client.WhoAmIAsync();
        Assert.That(all, Does.Contain(new ZkIdentity("digest", "ann")));
        Assert.That(all.Select(static one => one.Scheme), Does.Contain("ip"));
        if (RunSecurity.IsOn)
            Assert.That(all, Does.Contain(new ZkIdentity("sasl", RunSecurity.User)));
    }

    [Test]
    public async Task Removed_watches_do_not_fire_and_are_gone_from_the_server()
    {
        await _client.GetDataAsync("/x", _events.Add);
        await _client.GetChildrenAsync("/x", _events.Add);
        Assert.That(await _client.CheckWatchesAsync("/x", ZkWatchType.Data), Is.True);
        Assert.That(await _client.RemoveWatchesAsync("/x", ZkWatchType.Data), Is.True);
        Assert.That(await _client.CheckWatchesAsync("/x", ZkWatchType.Data), Is.False);
        Assert.That(await _client.CheckWatchesAsync("/x", ZkWatchType.Children), Is.True);
        await _client.SetDataAsync("/x", default);
        await _client.CreateAsync("/x/a", default);
        await _events.CountAsync(1);
        Assert.That(_events.All.Select(static e => e.Type), Is.EqualTo(new[] { ZkEventType.NodeChildrenChanged }));
        Assert.That(await _client.RemoveWatchesAsync("/x"), Is.False, "it fired");
    }

    [Test]
    public async Task Removed_watches_do_not_come_back_with_the_connection()
    {
        await _client.GetDataAsync("/x", _events.Add);
        await _client.ExistsAsync("/later", _events.Add);
        Assert.That(await _client.RemoveWatchesAsync("/x"), Is.True);
        Assert.That(await _client.RemoveWatchesAsync("/later"), Is.True);
        Recorder<ZkStateChange> states = new();
        _client.StateChanged += states.Add;
        _proxy.Cut();
        await states.ContainsAsync(static s => s.Current == ZkState.Connected, "it was back");
        Assert.That(await _client.CheckWatchesAsync("/x"), Is.False);
        Assert.That(await _client.CheckWatchesAsync("/later"), Is.False);
        await _client.SetDataAsync("/x", default);
        await _client.CreateAsync("/later", default);
        await _client.SyncAsync("/");
        Assert.That(_events.All, Is.Empty);
    }

    [Test]
    public async Task Removing_one_shots_leaves_a_persistent_watch_on_the_path_alone()
    {
        Recorder<ZkWatchEvent> stays = new();
        await using IAsyncDisposable watch = await _client.AddWatchAsync("/x", ZkWatchMode.Persistent, stays.Add);
        await _client.GetDataAsync("/x", _events.Add);
        Assert.That(await _client.RemoveWatchesAsync("/x"), Is.True);
        Assert.That(await _client.RemoveWatchesAsync("/x"), Is.False);
        await _client.SetDataAsync("/x", default);
        await _client.CreateAsync("/x/a", default);
        await stays.CountAsync(2);
        Assert.That(_events.All, Is.Empty);
    }

    [Test]
    public async Task The_configuration_is_not_under_the_chroot_and_a_standalone_server_refuses_to_change_it()
    {
        ZkData config = await _client.GetConfigAsync();
        Assert.That(config.Stat.Czxid, Is.Zero, "the server makes the node itself");
        Assert.That(
            async () => await _client.ReconfigAsync(joining: "server.2=127.0.0.1:1:2;3"),
            Throws.InstanceOf<ZkException>().With.Property("Code").EqualTo(ZkErrorCode.ReconfigDisabled)
                .And.Property("Outcome").EqualTo(ZkOutcome.NotDone));
        Assert.That(async () => await _client.ReconfigAsync(), Throws.ArgumentException);
        Assert.That(async () => await _client.ReconfigAsync(joining: "a", newMembers: "b"), Throws.ArgumentException);
    }
}
