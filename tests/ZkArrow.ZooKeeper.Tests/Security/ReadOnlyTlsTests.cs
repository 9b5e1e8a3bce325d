using ZkArrow.Testing;
using static ZkArrow.ZooKeeper.Tests.Security.Certificates;
using static ZkArrow.ZooKeeper.Tests.Security.SecureServer;

namespace ZkArrow.ZooKeeper.Tests.Security;

/// <summary>Reading from a server without quorum, and the search for one that can write, both over TLS.</summary>
[CancelAfter(60_000)]
public sealed class ReadOnlyTlsTests
{
    [Test]
    public async Task A_server_without_quorum_answers_reads_over_TLS_and_the_client_moves_on()
    {
        await using ZooKeeperServer alone = await MovingTests.StartMemberAsync(Demands, 1, MovingTests.Members());
        ZkTlsOptions tls = new() { ClientCertificate = Ann, Roots = Authority.Roots };
        await using ZkClient client = await ConnectAsync(
            With(tls) with { ConnectString = alone.ConnectString, CanBeReadOnly = true });
        Assert.That(client.State, Is.EqualTo(ZkState.ConnectedReadOnly));
        Assert.That((await client.GetChildrenAsync("/")).Names, Is.EqualTo(new[] { "zookeeper" }));
        Assert.That((await client.TryCreateAsync("/x", default)).Code, Is.EqualTo(ZkErrorCode.NotReadOnly));

        Recorder<ZkStateChange> states = new();
        client.StateChanged += states.Add;
        client.UpdateServers($"{alone.ConnectString},{Instance.ConnectString}");
        await states.CountAsync(2);
        await client.CreateAsync("/moved-over-tls", default, ZkCreateMode.Ephemeral);
        Assert.That(
            states.All.Select(static change => change.Current), Is.EqualTo(new[] { ZkState.Suspended, ZkState.Connected }));
    }
}
