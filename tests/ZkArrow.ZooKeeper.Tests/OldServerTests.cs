using static ZkArrow.ZooKeeper.Tests.ScriptedServer;

namespace ZkArrow.ZooKeeper.Tests;

/// <summary>Servers older than persistent watches, which close the connection after a request they do not know.</summary>
[CancelAfter(60_000)]
public sealed class OldServerTests
{
    private const int GetData = 4;
    private const int SetData = 5;
    private const int Sync = 9;
    private const int SetWatches = 101;
    private const int SetWatches2 = 105;
    private const int AddWatch = 106;
    private const int Unimplemented = (int)ZkErrorCode.Unimplemented;
    private static readonly byte[] _drop = Hex("0000"); // no packet is that short: the client leaves
    private static readonly string _stat = new('0', 136);

    [Test]
    public async Task A_persistent_watch_is_refused_with_what_to_do()
    {
        await using ScriptedServer server = new(static packet => [Reply(packet, 9, Op(packet) == AddWatch ? Unimplemented : 0)]);
        await using ZkClient client = await server.ConnectAsync();
        ZkException? refused = await Assert.CatchAsync<ZkException>(
            async () => await client.AddWatchAsync("/a", ZkWatchMode.Persistent, static _ => { }));
        Assert.That((refused!.Code, refused.Outcome), Is.EqualTo((ZkErrorCode.Unimplemented, ZkOutcome.NotDone)));
        Assert.That(refused.Message, Does.StartWith("AddWatch of '/a' failed").And.Contains("Update it to 3.6 or later"));
    }

    [Test]
    public async Task One_shot_watches_alone_are_armed_again_with_the_request_that_every_server_knows()
    {
        await using ScriptedServer server = new(static packet => Op(packet) switch
        {
            GetData => [Reply(packet, 0x15, 0, "00000000" + _stat)],
            Sync or SetWatches2 => [_drop],
            SetWatches => [Reply(packet, 0, 0), Hex("FFFFFFFF 0000000000000016 00000000 00000003 00000003 00000002 2F61")],
            _ => [Reply(packet, 0, 0)],
        });
        await using ZkClient client = await server.ConnectAsync();
        Recorder<ZkWatchEvent> events = new();
        await client.GetDataAsync("/a", events.Add);
        Assert.That(async () => await client.SyncAsync("/"), Throws.InstanceOf<ZkConnectionLossException>());
        Assert.That((await events.CountAsync(1))[0].Type, Is.EqualTo(ZkEventType.NodeDataChanged));
        Assert.That(server.Packets.All[2], Is.EqualTo(Hex(
            "FFFFFFF8 00000065 0000000000000015 00000001 00000002 2F61 00000000 00000000")));
    }

    [Test]
    public async Task Persistent_watches_wait_for_a_server_that_knows_them_and_the_log_says_so()
    {
        int refusals = 0;
        await using ScriptedServer server = new(packet => Op(packet) switch
        {
            GetData => [Reply(packet, 0x15, 0, "00000000" + _stat)],
            Sync => [_drop],
            SetWatches2 => [Reply(packet, 0, Interlocked.Increment(ref refusals) <= 2 ? Unimplemented : 0)],
            _ => [Reply(packet, 0, 0)],
        });
        KeepingLogger logger = new();
        await using ZkClient client = await SharedServer.ConnectAsync(
            new ZkClientOptions { ConnectString = server.ConnectString, LoggerFactory = logger });
        Recorder<ZkWatchEvent> oneShot = new(), persistent = new();
        await client.GetDataAsync("/a", oneShot.Add);
        await client.AddWatchAsync("/b", ZkWatchMode.Persistent, persistent.Add);
        Assert.That(async () => await client.SyncAsync("/"), Throws.InstanceOf<ZkConnectionLossException>());
        Assert.That((await persistent.CountAsync(1))[0].Type, Is.EqualTo(ZkEventType.Resync));
        Assert.That((refusals, server.Handshakes.All.Length, oneShot.All.Length), Is.EqualTo((3, 4, 0)));
        Assert.That(logger.Entries.All.Count(static e => e.Message.Contains("update it to 3.6")), Is.EqualTo(2));
    }

    [Test]
    public async Task The_request_after_number_2147483647_is_number_1()
    {
        await using ScriptedServer server = new(static packet => [Reply(packet, 9, 0, Op(packet) == SetData ? _stat : "")]);
        await using ZkClient client = await server.ConnectAsync();
        client.Session.LastXid = int.MaxValue - 2;
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => client.SetDataAsync("/a", default).AsTask()));
        Assert.That(server.Packets.All.Select(static packet => Convert.ToHexString(packet[..4])),
            Is.EqualTo((string[])["7FFFFFFE", "7FFFFFFF", "00000001", "00000002"]));
    }
}
