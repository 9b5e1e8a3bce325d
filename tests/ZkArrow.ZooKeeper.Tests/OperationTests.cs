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
}
