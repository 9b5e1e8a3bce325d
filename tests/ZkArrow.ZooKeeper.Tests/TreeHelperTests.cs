using static ZkArrow.ZooKeeper.Tests.SharedServer;

namespace ZkArrow.ZooKeeper.Tests;

[CancelAfter(60_000)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class TreeHelperTests
{
    private ZkClient _client = null!;

    [SetUp]
    public async Task ConnectAsync() =>
        _client = await SharedServer.ConnectAsync(Instance.ConnectString + await NewChrootAsync());

    [TearDown]
    public async Task CloseAsync() => await _client.DisposeAsync();

    [Test]
    public async Task Ensure_makes_what_is_missing_and_keeps_what_is_there()
    {
        await _client.CreateAsync("/a", Bytes("kept"));
        await _client.EnsurePathAsync("/a/b/c/d");
        await _client.EnsurePathAsync("/a/b/c/d");
        await _client.EnsurePathAsync("/");
        Assert.That((await _client.GetDataAsync("/a")).Data, Is.EqualTo(Bytes("kept")));
        Assert.That((await _client.ExistsAsync("/a/b/c/d")).Stat, Is.Not.Null);
    }

    [Test]
    public async Task Many_callers_may_ensure_the_same_path() =>
        await Task.WhenAll(Enumerable.Range(0, 20).Select(i => _client.EnsurePathAsync($"/p/q/r/{i % 2}").AsTask()));

    [Test]
    public async Task Ensure_without_the_chroot_fails_and_ends()
    {
        await using ZkClient lost = await SharedServer.ConnectAsync(Instance.ConnectString + "/no-such-chroot");
        Assert.That(async () => await lost.EnsurePathAsync("/a/b"), Throws.InstanceOf<ZkNoNodeException>());
    }

    [Test]
    public async Task A_walk_sees_each_node_after_its_parent()
    {
        await _client.EnsurePathAsync("/w/a/1");
        await _client.EnsurePathAsync("/w/b");
        List<ZkVisited> visited = [];
        await foreach (ZkVisited node in _client.VisitSubtreeAsync("/w"))
            visited.Add(node);
        Assert.That(visited.Select(static v => v.Path), Is.EquivalentTo(new[] { "/w", "/w/a", "/w/b", "/w/a/1" }));
        Assert.That((visited[0].Path, visited[0].Stat.NumChildren), Is.EqualTo(("/w", 2)));
        Assert.That(visited[3].Path, Is.EqualTo("/w/a/1"));
        await foreach (ZkVisited node in _client.VisitSubtreeAsync("/none"))
            Assert.Fail(node.Path);
    }

    [Test]
    public async Task Delete_recursive_deletes_all_and_what_is_not_there_is_no_failure()
    {
        await _client.EnsurePathAsync("/d/a/b/c");
        await Task.WhenAll(Enumerable.Range(0, 300).Select(i => _client.CreateAsync($"/d/a/{i}", default).AsTask()));
        await _client.DeleteRecursiveAsync("/d");
        Assert.That((await _client.ExistsAsync("/d")).Stat, Is.Null);
        await _client.DeleteRecursiveAsync("/d");
        Assert.That(async () => await _client.DeleteRecursiveAsync("/"), Throws.ArgumentException);
    }

    [Test]
    public async Task Delete_recursive_wins_against_one_who_creates()
    {
        await _client.EnsurePathAsync("/race");
        Task creating = Task.Run(async () =>
        {
            for (int i = 0; i < 300; i++)
                await _client.TryCreateAsync($"/race/{i}", default);
        });
        await _client.DeleteRecursiveAsync("/race");
        Assert.That((await _client.ExistsAsync("/race")).Stat, Is.Null);
        await creating;
    }

    [Test]
    public async Task A_transaction_does_all_or_nothing_once()
    {
        ZkTransaction transaction = _client.Transaction()
            .Create("/t", Bytes("1"))
            .Create("/t/e", default, ZkCreateMode.Ephemeral)
            .Check("/t", 0)
            .SetData("/t", Bytes("2"), 0)
            .Delete("/t/e");
        ZkMultiResult result = await transaction.CommitAsync();
        Assert.That(result.Results[3].Stat!.Value.Version, Is.EqualTo(1));
        Assert.That(async () => await transaction.CommitAsync(), Throws.InvalidOperationException);
        Assert.That(() => transaction.Check("/t", 0), Throws.InvalidOperationException);
        Assert.That(
            async () => await _client.Transaction().Check("/t", 7).Delete("/t").CommitAsync(),
            Throws.InstanceOf<ZkMultiException>().With.Property("FailedIndex").EqualTo(0));
        Assert.That((await _client.GetDataAsync("/t")).Data, Is.EqualTo(Bytes("2")));
    }
}
