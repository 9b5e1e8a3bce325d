using ZkArrow.Testing;
using ZkArrow.ZooKeeper.Recipes;

namespace ZkArrow.ZooKeeper.Tests.Recipes;

public sealed class EphemeralAndGroupTests : RecipeTest
{
    private const string Path = "/e/node";

    [Test]
    public async Task The_node_is_there_and_changes_and_comes_back_and_goes()
    {
        ZkPersistentEphemeral node = await ZkPersistentEphemeral.StartAsync(Client, Path, SharedServer.Bytes("1"));
        Assert.That(node.IsPresent, Is.True);
        await IsThereAsync("1", Client.SessionId);
        node.SetData(SharedServer.Bytes("2"));
        await IsThereAsync("2", Client.SessionId);
        await Other.DeleteAsync(Path);
        await IsThereAsync("2", Client.SessionId);
        await node.DisposeAsync();
        Assert.That(((await Other.ExistsAsync(Path)).Stat, node.IsPresent), Is.EqualTo(((ZkStat?)null, false)));
        await node.DisposeAsync();
    }

    [Test]
    public async Task Replies_may_be_lost([Range(1, 6)] int reply)
    {
        Proxy.LoseReply(reply);
        await using ZkPersistentEphemeral node = await ZkPersistentEphemeral.StartAsync(Client, Path, SharedServer.Bytes("1"));
        Assert.That(Proxy.Connections, Is.EqualTo(2));
        await IsThereAsync("1", Client.SessionId);
    }

    [Test]
    public async Task After_a_lost_session_it_belongs_to_the_new_one()
    {
        await using ZkPersistentEphemeral node = await ZkPersistentEphemeral.StartAsync(Client, Path, SharedServer.Bytes("1"));
        long before = Client.SessionId;
        await ExpireAsync(() => Eventually.TrueAsync(() => !node.IsPresent, "the loss was noticed"));
        await IsThereAsync("1", Client.SessionId);
        await Eventually.TrueAsync(() => node.IsPresent, "it was present again");
        Assert.That(Client.SessionId, Is.Not.EqualTo(before));
    }

    [Test]
    public async Task A_leftover_of_the_last_session_is_replaced_and_not_taken_for_the_own()
    {
        await using ZkPersistentEphemeral node = await ZkPersistentEphemeral.StartAsync(Client, Path, SharedServer.Bytes("1"));
        long first = Client.SessionId;
        // the client hears nothing and gives up, while the server hears it come back again and again and keeps the session
        Proxy.HoldReplies();
        await Eventually.TrueAsync(() => Client.State == ZkState.Lost, "the client gave up");
        Assert.That((await Other.ExistsAsync(Path)).Stat?.EphemeralOwner, Is.EqualTo(first), "the leftover is there");
        Proxy.ReleaseReplies();
        await IsThereAsync("1", () => Client.SessionId);
        await Eventually.TrueAsync(() => node.IsPresent, "it was present");
        Assert.That(Client.SessionId, Is.Not.EqualTo(first));
    }

    [Test]
    public async Task Another_sessions_node_is_waited_for_and_never_taken()
    {
        await Other.CreateAsync("/e", default);
        await Other.CreateAsync(Path, SharedServer.Bytes("theirs"), ZkCreateMode.Ephemeral);
        using (CancellationTokenSource source = new())
        {
            Task<ZkPersistentEphemeral> cancelled = ZkPersistentEphemeral.StartAsync(Client, Path, default, source.Token);
            await Eventually.TrueAsync(async () => (await WatchesAsync()).ContainsKey(Path), "it was watched");
            await source.CancelAsync();
            Assert.That(async () => await cancelled, Throws.InstanceOf<OperationCanceledException>());
        }

        Task<ZkPersistentEphemeral> starting = ZkPersistentEphemeral.StartAsync(Client, Path, SharedServer.Bytes("ours"));
        await IsThereAsync("theirs", Other.SessionId);
        Assert.That(starting.IsCompleted, Is.False);
        await Other.DeleteAsync(Path);
        await using ZkPersistentEphemeral node = await starting;
        await IsThereAsync("ours", Client.SessionId);
    }

    [Test]
    public async Task What_is_not_allowed_is_told()
    {
        await Other.CreateAsync("/e", default, acl: [new ZkAcl(ZkPermissions.Read, "world", "anyone")]);
        Assert.That(
            async () => await ZkPersistentEphemeral.StartAsync(Client, Path, default), Throws.InstanceOf<ZkNoAuthException>());
    }

    [Test]
    public async Task Members_see_each_other_come_change_and_go()
    {
        await using ZkGroup ann = await ZkGroup.JoinAsync(Client, "/group", "ann", SharedServer.Bytes("a"));
        Recorder<string> views = new();
        ann.Changed += members => views.Add(string.Join(",", members.Keys.Order()));
        Assert.That(ann.Members.Keys, Is.EqualTo(new[] { "ann" }));
        await using (ZkGroup bob = await ZkGroup.JoinAsync(Other, "/group", "bob"))
        {
            Assert.That(bob.Members.Keys, Is.EquivalentTo(new[] { "ann", "bob" }));
            await Eventually.TrueAsync(() => ann.Members.ContainsKey("bob"), "ann saw bob");
            bob.SetData(SharedServer.Bytes("b"));
            await Eventually.TrueAsync(() => ann.Members["bob"] is [(byte)'b'], "ann saw bob's data");
            await ExpireAsync(() => Eventually.TrueAsync(() => !bob.Members.ContainsKey("ann"), "bob saw ann go"));
            await Eventually.TrueAsync(() => bob.Members.ContainsKey("ann"), "bob saw ann come back");
            await Eventually.TrueAsync(() => ann.Members.Count == 2, "ann saw both after the loss");
        }

        await Eventually.TrueAsync(() => views.All[^1] == "ann", "ann saw bob go");
        Assert.That(views.All, Does.Contain("ann,bob"));
        Assert.That(ann.Members.Keys, Is.EqualTo(new[] { "ann" }));
    }

    private Task IsThereAsync(string data, long owner) => IsThereAsync(data, () => owner);

    private Task IsThereAsync(string data, Func<long> owner) => Eventually.TrueAsync(
        async () =>
        {
            try
            {
                ZkData node = await Other.GetDataAsync(Path);
                return node.Stat.EphemeralOwner == owner() && node.Data.AsSpan().SequenceEqual(SharedServer.Bytes(data));
            }
            catch (ZkNoNodeException)
            {
                return false;
            }
        },
        $"the node was '{data}'");
}
