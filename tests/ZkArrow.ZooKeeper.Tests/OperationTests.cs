using static ZkArrow.ZooKeeper.Tests.SharedServer;

namespace ZkArrow.ZooKeeper.Tests;

[CancelAfter(60_000)]
public sealed class OperationTests
{
    private ZkClient _client = null!;

    [OneTimeSetUp]
    public async Task ConnectAsync() =>
        _client = await SharedServer.ConnectAsync(Instance.ConnectString + await NewChrootAsync());

    [OneTimeTearDown]
    public async Task CloseAsync() => await _client.DisposeAsync();

    [Test]
    public async Task Create_get_set_exists_children_delete()
    {
        ZkCreated created = await _client.CreateAsync("/a", Bytes("one"));
        Assert.That(created.Path, Is.EqualTo("/a"));
        Assert.That(created.Stat.Czxid, Is.EqualTo(created.Zxid));

        ZkData data = await _client.GetDataAsync("/a");
        Assert.That(data.Data, Is.EqualTo(Bytes("one")));
        Assert.That(data.Stat, Is.EqualTo(created.Stat));

        ZkSet set = await _client.SetDataAsync("/a", Bytes("three"), version: 0);
        Assert.That(set.Stat.Version, Is.EqualTo(1));
        Assert.That(set.Stat.DataLength, Is.EqualTo(5));
        Assert.That(set.Stat.Mzxid, Is.EqualTo(set.Zxid));

        await _client.CreateAsync("/a/b", default);
        await _client.CreateAsync("/a/ü", default);
        ZkChildren children = await _client.GetChildrenAsync("/a");
        Assert.That(children.Names, Is.EquivalentTo(new[] { "b", "ü" }));
        Assert.That(children.Stat.NumChildren, Is.EqualTo(2));

        Assert.That(async () => await _client.DeleteAsync("/a"), Throws.InstanceOf<ZkNotEmptyException>());
        await _client.DeleteAsync("/a/b");
        await _client.DeleteAsync("/a/ü");
        await _client.DeleteAsync("/a", version: 1);
        ZkExists gone = await _client.ExistsAsync("/a");
        Assert.That(gone.Stat, Is.Null);
        Assert.That(await _client.SyncAsync("/"), Is.GreaterThanOrEqualTo(set.Zxid));
        Assert.That(_client.LastZxid, Is.GreaterThan(set.Zxid));
    }

    [Test]
    public async Task Create_modes([Values] ZkCreateMode mode)
    {
        string parent = $"/modes-{mode}";
        await _client.CreateAsync(parent, default);
        bool isTtl = mode is ZkCreateMode.PersistentTtl or ZkCreateMode.PersistentSequentialTtl;
        ZkCreated created = await _client.CreateAsync(
            $"{parent}/n-", Bytes("x"), mode, ttl: isTtl ? TimeSpan.FromMinutes(1) : null);
        bool isSequential = mode.ToString().Contains("Sequential", StringComparison.Ordinal);
        Assert.That(created.Path, Is.EqualTo($"{parent}/n-" + (isSequential ? "0000000000" : "")));
        bool isEphemeral = mode is ZkCreateMode.Ephemeral or ZkCreateMode.EphemeralSequential;
        ZkStat? stat = (await _client.ExistsAsync(created.Path)).Stat;
        Assert.That(stat!.Value.EphemeralOwner, Is.EqualTo(isEphemeral ? _client.SessionId : 0));
    }

    [Test]
    public void A_ttl_is_for_ttl_modes_only()
    {
        Assert.That(
            async () => await _client.CreateAsync("/t", default, ttl: TimeSpan.FromSeconds(1)), Throws.ArgumentException);
        Assert.That(
            async () => await _client.CreateAsync("/t", default, ZkCreateMode.PersistentTtl), Throws.ArgumentException);
    }

    [Test]
    public async Task Errors_are_typed_and_say_that_nothing_was_done()
    {
        await _client.CreateAsync("/errors", default);
        await FailsAsync<ZkNodeExistsException>(async () => await _client.CreateAsync("/errors", default), "/errors");
        await FailsAsync<ZkNoNodeException>(async () => await _client.CreateAsync("/none/a", default), "/none/a");
        await FailsAsync<ZkNoNodeException>(async () => await _client.GetDataAsync("/none"), "/none");
        await FailsAsync<ZkNoNodeException>(async () => await _client.GetChildrenAsync("/none"), "/none");
        await FailsAsync<ZkNoNodeException>(async () => await _client.DeleteAsync("/none"), "/none");
        await FailsAsync<ZkBadVersionException>(async () => await _client.SetDataAsync("/errors", default, 7), "/errors");
        await FailsAsync<ZkBadVersionException>(async () => await _client.DeleteAsync("/errors", 7), "/errors");
        await _client.CreateAsync("/errors/e", default, ZkCreateMode.Ephemeral);
        ZkException below = await FailsAsync<ZkException>(
            async () => await _client.CreateAsync("/errors/e/x", default), "/errors/e/x");
        Assert.That(below.Code, Is.EqualTo(ZkErrorCode.NoChildrenForEphemerals));
        Assert.That(async () => await _client.GetDataAsync("bad"), Throws.ArgumentException);
    }

    [Test]
    public async Task Multi_does_all()
    {
        ZkMultiResult result = await _client.MultiAsync(
        [
            ZkOp.Create("/m", Bytes("1")),
            ZkOp.Create("/m/s-", default, ZkCreateMode.PersistentSequential),
            ZkOp.Create("/m/c", default, ZkCreateMode.Container),
            ZkOp.Create("/m/t", default, ZkCreateMode.PersistentTtl, ttl: TimeSpan.FromMinutes(1)),
            ZkOp.Check("/m", 0),
            ZkOp.SetData("/m", Bytes("2"), 0),
            ZkOp.Delete("/m/c"),
        ]);
        Assert.That(
            result.Results.Select(static r => r.Path),
            Is.EqualTo(new[] { "/m", "/m/s-0000000000", "/m/c", "/m/t", null, null, null }));
        Assert.That(result.Results[5].Stat!.Value.Version, Is.EqualTo(1));
        Assert.That(result.Results[2].Stat!.Value.Czxid, Is.EqualTo(result.Zxid));
        Assert.That((await _client.GetDataAsync("/m")).Data, Is.EqualTo(Bytes("2")));
    }

    [Test]
    public async Task Multi_does_nothing_when_one_fails_and_says_which()
    {
        ZkMultiException refused = await FailsAsync<ZkMultiException>(
            async () => await _client.MultiAsync(
                [ZkOp.Create("/mf", default), ZkOp.SetData("/mf-none", default), ZkOp.Create("/mf2", default)]),
            "/mf-none");
        Assert.That(refused.FailedIndex, Is.EqualTo(1));
        Assert.That(refused.Code, Is.EqualTo(ZkErrorCode.NoNode));
        Assert.That(
            refused.Codes, Is.EqualTo(new[] { ZkErrorCode.Ok, ZkErrorCode.NoNode, ZkErrorCode.RuntimeInconsistency }));
        Assert.That((await _client.ExistsAsync("/mf")).Stat, Is.Null);
    }

    [Test]
    public void A_bad_operation_is_refused_where_it_is_made()
    {
        Assert.That(() => ZkOp.Create("a", default), Throws.ArgumentException);
        Assert.That(() => ZkOp.Create("/a", default, ttl: TimeSpan.FromSeconds(1)), Throws.ArgumentException);
        Assert.That(() => ZkOp.SetData("/a/", default), Throws.ArgumentException);
        Assert.That(() => ZkOp.Delete(null!), Throws.ArgumentNullException);
        Assert.That(() => ZkOp.Check("/a//b", 0), Throws.ArgumentException);
    }

    [Test]
    public void Multi_of_nothing_is_refused() =>
        Assert.That(async () => await _client.MultiAsync([]), Throws.ArgumentException);

    [Test]
    public async Task Too_large_a_request_is_refused_here_and_the_session_is_intact()
    {
        await _client.CreateAsync("/large", default);
        int overhead = 8 + 4 + (_client.Chroot + "/large").Length + 4 + 4;
        byte[] largest = new byte[0xfffff - overhead];
        await _client.SetDataAsync("/large", largest);
        Assert.That((await _client.GetDataAsync("/large")).Data, Has.Length.EqualTo(largest.Length));

        long session = _client.SessionId;
        ZkPacketTooLargeException refused = await FailsAsync<ZkPacketTooLargeException>(
            async () => await _client.SetDataAsync("/large", new byte[largest.Length + 1]), "/large");
        Assert.That((refused.Length, refused.Limit), Is.EqualTo((0x100000L, 0xfffff)));
        await FailsAsync<ZkPacketTooLargeException>(
            async () => await _client.MultiAsync(
                [ZkOp.SetData("/large", new byte[600_000]), ZkOp.SetData("/large", new byte[600_000])]),
            null);
        await FailsAsync<ZkPacketTooLargeException>(
            async () => await _client.CreateAsync("/large2", new byte[100_000_000]), "/large2");
        Assert.That((await _client.GetDataAsync("/large")).Data, Has.Length.EqualTo(largest.Length));
        Assert.That((_client.State, _client.SessionId), Is.EqualTo((ZkState.Connected, session)));
        await _client.DeleteAsync("/large");
    }

    [Test]
    public async Task Chroot_is_never_seen()
    {
        await using ZkClient outside = await SharedServer.ConnectAsync(Instance.ConnectString);
        ZkCreated created = await _client.CreateAsync("/hidden-", default, ZkCreateMode.PersistentSequential);
        Assert.That(created.Path, Does.StartWith("/hidden-"));
        Assert.That((await outside.ExistsAsync(_client.Chroot + created.Path)).Stat, Is.Not.Null);
        Assert.That((await outside.ExistsAsync(created.Path)).Stat, Is.Null);
        Recorder<ZkWatchEvent> events = new();
        await _client.GetDataAsync(created.Path, events.Add);
        await outside.SetDataAsync(_client.Chroot + created.Path, default);
        Assert.That((await events.CountAsync(1))[0].Path, Is.EqualTo(created.Path));
        Assert.That((await _client.GetChildrenAsync("/")).Names, Does.Contain(created.Path[1..]));
    }

    [Test]
    public async Task Acl_is_read_and_set_and_shuts_others_out()
    {
        string at = Instance.ConnectString + await NewChrootAsync();
        await using ZkClient owner = await SharedServer.ConnectAsync(
            RunSecurity.Options(at) with { Auth = [ZkAuth.Digest("ann", "secret")], DefaultAcl = ZkAcl.Creator });
        await owner.CreateAsync("/mine", Bytes("x"));
        ZkAclResult acl = await owner.GetAclAsync("/mine");
        Assert.That(
            acl.Acl.Select(static one => one.Scheme), Is.EquivalentTo(RunSecurity.IsOn ? ["digest", "sasl"] : new[] { "digest" }));
        Assert.That(acl.Acl.Select(static one => one.Permissions), Is.All.EqualTo(ZkPermissions.All));
        Assert.That(acl.Acl.Single(static one => one.Scheme == "digest").Id, Does.StartWith("ann:").And.Not.Contains("secret"));

        await using ZkClient other = await SharedServer.ConnectAsync(RunSecurity.Options(at, RunSecurity.OtherUser));
        await FailsAsync<ZkNoAuthException>(async () => await other.GetDataAsync("/mine"), "/mine");
        await FailsAsync<ZkNoAuthException>(async () => await other.SetDataAsync("/mine", default), "/mine");
        await other.AddAuthAsync(ZkAuth.Digest("ann", "secret"));
        Assert.That((await other.GetDataAsync("/mine")).Data, Is.EqualTo(Bytes("x")));

        await FailsAsync<ZkBadVersionException>(async () => await owner.SetAclAsync("/mine", ZkAcl.Open, 5), "/mine");
        Assert.That((await owner.SetAclAsync("/mine", ZkAcl.Open, 0)).Stat.Aversion, Is.EqualTo(1));
        await using ZkClient third = await SharedServer.ConnectAsync(at);
        Assert.That((await third.GetDataAsync("/mine")).Data, Is.EqualTo(Bytes("x")));
    }

    [Test]
    public async Task Refused_credentials_end_the_client()
    {
        await using ZkClient client = await SharedServer.ConnectAsync(Instance.ConnectString);
        Recorder<ZkStateChange> states = new();
        client.StateChanged += states.Add;
        await FailsAsync<ZkAuthFailedException>(async () => await client.AddAuthAsync(new ZkAuth("no-such-scheme", default)), null);
        Assert.That(client.State, Is.EqualTo(ZkState.AuthFailed));
        await FailsAsync<ZkAuthFailedException>(async () => await client.GetDataAsync("/"), "/");
        await states.ContainsAsync(static s => s.Current == ZkState.AuthFailed, "the change was told");
        Assert.That(
            async () => await ZkClient.ConnectAsync(RunSecurity.Options(Instance.ConnectString) with
            {
                Auth = [new ZkAuth("no-such-scheme", default)],
            }),
            Throws.InstanceOf<ZkAuthFailedException>());
    }

    [Test]
    public async Task A_forked_process_is_refused()
    {
        ZkClient client = await SharedServer.ConnectAsync(Instance.ConnectString);
        client.Session.PretendForked = true;
        ZkException refused = await FailsAsync<ZkForkedProcessException>(async () => await client.GetDataAsync("/"), "/");
        Assert.That(refused.Code, Is.EqualTo(ZkErrorCode.ForkedProcess));
        await client.DisposeAsync();
    }

    private static async Task<T> FailsAsync<T>(Func<Task> act, string? path)
        where T : ZkException
    {
        T? error = await Assert.CatchAsync<T>(act);
        Assert.That((error!.Outcome, error.Path), Is.EqualTo((ZkOutcome.NotDone, path)));
        return error;
    }
}
