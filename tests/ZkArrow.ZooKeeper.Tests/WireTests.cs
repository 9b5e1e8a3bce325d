using static ZkArrow.ZooKeeper.Tests.ScriptedServer;
using static ZkArrow.ZooKeeper.Tests.SharedServer;

namespace ZkArrow.ZooKeeper.Tests;

/// <summary>What goes over the wire, byte by byte; derived by hand from the jute definitions.</summary>
[CancelAfter(60_000)]
public sealed class WireTests
{
    private const string PathA = "00000002 2F61";
    private const string StatHex =
        "0000000000000001 0000000000000002 0000000000000003 0000000000000004 00000005 00000006 00000007"
        + "0000000000000008 00000009 0000000A 000000000000000B";
    private static readonly ZkStat _stat = new(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11);

    [Test]
    public async Task Handshake()
    {
        await using ScriptedServer server = new(static packet => [Reply(packet, 7, 0)]);
        await using ZkClient client = await server.ConnectAsync(TimeSpan.FromSeconds(6));
        Assert.That((await server.Handshakes.CountAsync(1))[0], Is.EqualTo(Hex(
            "00000000 0000000000000000 00001770 0000000000000000 00000010" + new string('0', 32) + "00")));
        Assert.That(client.SessionId, Is.EqualTo(0xAB));
        Assert.That(client.NegotiatedTimeout, Is.EqualTo(TimeSpan.FromSeconds(10)));
        Assert.That(client.RequestedTimeout, Is.EqualTo(TimeSpan.FromSeconds(6)));
    }

    [Test]
    public async Task Handshake_of_an_old_server_without_its_last_byte()
    {
        await using ScriptedServer server = new(static packet => [Reply(packet, 7, 0)]);
        server.HandshakeAnswer = server.HandshakeAnswer[..^1];
        await using ZkClient client = await server.ConnectAsync();
        Assert.That(client.State, Is.EqualTo(ZkState.Connected));
    }

    [Test]
    public Task Create() => SendsAsync(
        async c =>
        {
            ZkCreated created = await c.CreateAsync("/a", Bytes("xy"), ZkCreateMode.EphemeralSequential);
            Assert.That(created, Is.EqualTo(new ZkCreated("/a7", _stat, 9)));
        },
        "00000001 0000000F" + PathA + "00000002 7879 00000001 0000001F 00000005 776F726C64 00000006 616E796F6E65 00000003",
        "00000003 2F6137" + StatHex);

    [Test]
    public Task Create_container() => SendsAsync(
        async c => await c.CreateAsync("/a", default, ZkCreateMode.Container, ZkAcl.Creator),
        "00000001 00000013" + PathA + "00000000 00000001 0000001F 00000004 61757468 00000000 00000004",
        PathA + StatHex);

    [Test]
    public Task Create_with_time_to_live() => SendsAsync(
        async c => await c.CreateAsync("/a", default, ZkCreateMode.PersistentTtl, ZkAcl.ReadOnly, TimeSpan.FromSeconds(1)),
        "00000001 00000015" + PathA
        + "00000000 00000001 00000001 00000005 776F726C64 00000006 616E796F6E65 00000005 00000000000003E8",
        PathA + StatHex);

    [Test]
    public Task Delete() => SendsAsync(async c => await c.DeleteAsync("/a", 3), "00000001 00000002" + PathA + "00000003", "");

    [Test]
    public Task Exists() => SendsAsync(
        async c => Assert.That(await c.ExistsAsync("/a"), Is.EqualTo(new ZkExists(_stat, 9))),
        "00000001 00000003" + PathA + "00", StatHex);

    [Test]
    public Task GetData_with_watch() => SendsAsync(
        async c =>
        {
            ZkData data = await c.GetDataAsync("/a", static _ => { });
            Assert.That(data.Data, Is.EqualTo(Bytes("xy")));
            Assert.That(data.Stat, Is.EqualTo(_stat));
        },
        "00000001 00000004" + PathA + "01", "00000002 7879" + StatHex);

    [Test]
    public Task GetData_of_a_node_without_data() => SendsAsync(
        async c => Assert.That((await c.GetDataAsync("/a")).Data, Is.Empty),
        "00000001 00000004" + PathA + "00", "FFFFFFFF" + StatHex);

    [Test]
    public Task SetData() => SendsAsync(
        async c => Assert.That(await c.SetDataAsync("/a", Bytes("xy"), 4), Is.EqualTo(new ZkSet(_stat, 9))),
        "00000001 00000005" + PathA + "00000002 7879 00000004", StatHex);

    [Test]
    public Task GetChildren() => SendsAsync(
        async c => Assert.That((await c.GetChildrenAsync("/a")).Names, Is.EqualTo(new[] { "b", "" })),
        "00000001 0000000C" + PathA + "00", "00000002 00000001 62 00000000" + StatHex);

    [Test]
    public Task Sync() => SendsAsync(
        async c => Assert.That(await c.SyncAsync("/a"), Is.EqualTo(9)), "00000001 00000009" + PathA, PathA);

    [Test]
    public Task GetAcl() => SendsAsync(
        async c => Assert.That((await c.GetAclAsync("/a")).Acl, Is.EqualTo(new[] { new ZkAcl(ZkPermissions.Read, "ip", "::1") })),
        "00000001 00000006" + PathA, "00000001 00000001 00000002 6970 00000003 3A3A31" + StatHex);

    [Test]
    public Task SetAcl() => SendsAsync(
        async c => await c.SetAclAsync("/a", [new ZkAcl(ZkPermissions.Read, "ip", "::1")], 2),
        "00000001 00000007" + PathA + "00000001 00000001 00000002 6970 00000003 3A3A31 00000002", StatHex);

    [Test]
    public Task AddAuth() => SendsAsync(
        async c => await c.AddAuthAsync(ZkAuth.Digest("u", "p")),
        "FFFFFFFC 00000064 00000000 00000006 646967657374 00000003 753A70", "");

    [Test]
    public Task AddWatch() => SendsAsync(
        async c => await c.AddWatchAsync("/a", ZkWatchMode.PersistentRecursive, static _ => { }),
        "00000001 0000006A" + PathA + "00000001", "00000000");

    [Test]
    public Task Multi() => SendsAsync(
        async c =>
        {
            ZkMultiResult result = await c.MultiAsync(
            [
                ZkOp.Check("/a", 5), ZkOp.Create("/a", Bytes("x"), acl: ZkAcl.Creator), ZkOp.SetData("/a", Bytes("y"), 1),
                ZkOp.Delete("/a"),
            ]);
            Assert.That(result.Results, Is.EqualTo(new[]
            {
                default, new ZkOpResult("/a", _stat), new ZkOpResult(null, _stat), default,
            }));
        },
        "00000001 0000000E"
        + "0000000D 00 FFFFFFFF" + PathA + "00000005"
        + "0000000F 00 FFFFFFFF" + PathA + "00000001 78 00000001 0000001F 00000004 61757468 00000000 00000000"
        + "00000005 00 FFFFFFFF" + PathA + "00000001 79 00000001"
        + "00000002 00 FFFFFFFF" + PathA + "FFFFFFFF"
        + "FFFFFFFF 01 FFFFFFFF",
        "0000000D 00 00000000" + "0000000F 00 00000000" + PathA + StatHex + "00000005 00 00000000" + StatHex
        + "00000002 00 00000000" + "FFFFFFFF 01 FFFFFFFF");

    [Test]
    public async Task Watches_and_credentials_come_first_after_a_reconnect()
    {
        int cuts = 0;
        await using ScriptedServer server = new(packet => Op(packet) switch
        {
            4 => [Reply(packet, 0x15, 0, "00000000" + StatHex)],
            9 when Interlocked.Increment(ref cuts) == 1 => [Hex("0000")], // no packet is that short: the client must drop us
            _ => [Reply(packet, 0, 0)],
        });
        await using ZkClient client = await server.ConnectAsync();
        await client.AddAuthAsync(ZkAuth.Digest("u", "p"));
        await client.GetDataAsync("/a", static _ => { });
        await client.AddWatchAsync("/b", ZkWatchMode.PersistentRecursive, static _ => { });
        Assert.That(async () => await client.SyncAsync("/"), Throws.InstanceOf<ZkConnectionLossException>());

        byte[][] packets = await server.Packets.CountAsync(6);
        Assert.That(packets[4], Is.EqualTo(Hex("FFFFFFFC 00000064 00000000 00000006 646967657374 00000003 753A70")));
        Assert.That(packets[5], Is.EqualTo(Hex(
            "FFFFFFF8 00000069 0000000000000015 00000001" + PathA + "00000000 00000000 00000000 00000001 00000002 2F62")));
        Assert.That((await server.Handshakes.CountAsync(2))[1], Is.EqualTo(Hex(
            "00000000 0000000000000015 00002710 00000000000000AB 00000010 000102030405060708090A0B0C0D0E0F 00")));
    }

    [TestCase("00000063 0000000000000009 00000000", TestName = "A reply with another xid breaks the connection")]
    [TestCase("00", TestName = "A reply shorter than its header breaks the connection")]
    [TestCase("FFFFFFFF 0000000000000009", TestName = "A truncated notification breaks the connection")]
    public async Task Broken_replies(string hex)
    {
        int asked = 0;
        await using ScriptedServer server = new(packet =>
            Interlocked.Increment(ref asked) == 1 ? [Hex(hex)] : [Reply(packet, 9, 0, Op(packet) == 5 ? StatHex : "")]);
        await using ZkClient client = await server.ConnectAsync();
        ZkConnectionLossException? lost = await Assert.ThrowsAsync<ZkConnectionLossException>(
            async () => await client.SetDataAsync("/a", default));
        Assert.That(lost!.Outcome, Is.EqualTo(ZkOutcome.Unknown));
        Assert.That((await client.SetDataAsync("/a", default)).Stat, Is.EqualTo(_stat), "after the reconnect all is well");
    }

    [Test]
    public async Task A_write_whose_reply_cannot_be_read_was_done()
    {
        await using ScriptedServer server = new(static packet => [Reply(packet, 9, 0, Op(packet) == 5 ? "00" : "")]);
        await using ZkClient client = await server.ConnectAsync();
        ZkProtocolException? broken = await Assert.ThrowsAsync<ZkProtocolException>(
            async () => await client.SetDataAsync("/a", default));
        Assert.That(broken!.Outcome, Is.EqualTo(ZkOutcome.Done));
        Assert.That(broken.Path, Is.EqualTo("/a"));
    }

    [Test]
    public async Task A_reply_over_the_limit_breaks_the_connection_and_the_limit_is_an_option()
    {
        string large = "00010000" + new string('7', 2 << 16) + StatHex;
        await using ScriptedServer server = new(packet => [Reply(packet, 9, 0, Op(packet) == 4 ? large : "")]);
        await using (ZkClient client = await server.ConnectAsync())
            Assert.That((await client.GetDataAsync("/a")).Data, Has.Length.EqualTo(1 << 16));
        await using ZkClient strict = await ZkClient.ConnectAsync(
            new ZkClientOptions { ConnectString = server.ConnectString, MaxReplyBytes = 1000 });
        Assert.That(
            async () => await strict.GetDataAsync("/a"),
            Throws.InstanceOf<ZkConnectionLossException>().With.Message.Contains("MaxReplyBytes"));
    }

    [TestCase(-127, ZkOutcome.NotDone)]
    [TestCase(-118, ZkOutcome.NotDone)]
    [TestCase(-125, ZkOutcome.NotDone)]
    [TestCase(-1, ZkOutcome.Unknown)]
    [TestCase(-112, ZkOutcome.Unknown)]
    public async Task Error_replies_say_what_is_known(int code, ZkOutcome outcome)
    {
        await using ScriptedServer server = new(packet => [Reply(packet, 9, Op(packet) == 5 ? code : 0)]);
        await using ZkClient client = await server.ConnectAsync();
        ZkException? error = await Assert.CatchAsync<ZkException>(async () => await client.SetDataAsync("/a", default));
        Assert.That((error!.Code, error.Outcome, error.Path), Is.EqualTo(((ZkErrorCode)code, outcome, "/a")));
    }

    private static async Task SendsAsync(Func<ZkClient, Task> act, string requestHex, string replyBodyHex)
    {
        int asked = 0;
        await using ScriptedServer server = new(packet =>
            [Reply(packet, 9, 0, Interlocked.Increment(ref asked) == 1 ? replyBodyHex : "")]);
        await using ZkClient client = await server.ConnectAsync();
        await act(client);
        Assert.That(Convert.ToHexString(server.Packets.All[0]), Is.EqualTo(Convert.ToHexString(Hex(requestHex))));
    }
}
