using ZkArrow.Testing;
using ZkArrow.ZooKeeper.Recipes;
using static ZkArrow.ZooKeeper.Tests.SharedServer;

namespace ZkArrow.ZooKeeper.Tests.Recipes;

public sealed class CacheTests : RecipeTest
{
    [Test]
    public async Task A_node_is_followed_from_before_it_exists_until_after()
    {
        await using ZkNodeCache cache = await ZkNodeCache.StartAsync(Client, "/x");
        Recorder<string?> seen = new();
        cache.Changed += data => seen.Add(data is { } d ? System.Text.Encoding.UTF8.GetString(d.Data) : null);
        Assert.That(cache.Current, Is.Null);
        await Other.CreateAsync("/x", Bytes("1"));
        await IsAsync(cache, "1");
        await Other.SetDataAsync("/x", Bytes("2"));
        await IsAsync(cache, "2");
        await Other.CreateAsync("/x/child", default); // its parent's list changed, and not its data
        await Other.DeleteAsync("/x/child");
        await Other.DeleteAsync("/x");
        await IsAsync(cache, null);
        Assert.That(seen.All, Is.EqualTo(new[] { "1", "2", null }));
        await cache.DisposeAsync();
        await cache.Completion;
        await Other.CreateAsync("/x", Bytes("3"));
        Assert.That(cache.Current, Is.Null);
    }

    [Test]
    public async Task What_changes_while_the_connection_or_the_session_is_lost_is_seen_after([Values] bool isSessionLost)
    {
        await Other.CreateAsync("/t", Bytes("0"));
        await Other.CreateAsync("/t/gone", default);
        await Other.CreateAsync("/t/kept", default);
        await using ZkNodeCache node = await ZkNodeCache.StartAsync(Client, "/x");
        await using ZkTreeCache tree = await ZkTreeCache.StartAsync(Client, "/t");
        if (isSessionLost)
            await ExpireAsync(ChangeAsync);
        else
        {
            Proxy.Refusing = true;
            Proxy.Cut();
            await ChangeAsync();
            Proxy.Refusing = false;
        }

        await IsAsync(node, "new");
        await EqualAsync(tree, "/t");
        Assert.That(tree.Nodes.Keys, Is.EquivalentTo(new[] { "/t", "/t/kept", "/t/new", "/t/new/er" }));

        async Task ChangeAsync()
        {
            await Other.CreateAsync("/x", Bytes("new"));
            await Other.SetDataAsync("/t", Bytes("1"));
            await Other.DeleteAsync("/t/gone");
            await Other.CreateAsync("/t/new", default);
            await Other.CreateAsync("/t/new/er", Bytes("deep"));
        }
    }

    [Test]
    public async Task An_event_whose_reading_failed_is_read_again()
    {
        await Other.CreateAsync("/t", default);
        await using ZkTreeCache tree = await ZkTreeCache.StartAsync(Client, "/t");
        for (int i = 0; i < 5; i++)
        {
            int connections = Proxy.Connections;
            Proxy.LoseReply(); // the one to the reading that the event causes
            await Other.SetDataAsync("/t", Bytes($"{i}"));
            await Eventually.TrueAsync(() => Proxy.Connections > connections, "the reply was lost");
            await EqualAsync(tree, "/t");
        }
    }

    [Test]
    public async Task A_tree_that_changes_at_random_under_cuts_is_followed()
    {
        await Other.CreateAsync("/t", default);
        await using ZkTreeCache tree = await ZkTreeCache.StartAsync(Client, "/t");
        Random random = new(7);
        for (int i = 0; i < 600; i++)
        {
            string path = $"/t/{random.Next(6)}";
            if (random.Next(2) == 0)
                path += $"/{random.Next(6)}";
            try
            {
                await (random.Next(3) switch
                {
                    0 => Other.CreateAsync(path, Bytes($"{i}")).AsTask(),
                    1 => Other.SetDataAsync(path, Bytes($"{i}")).AsTask(),
                    _ => Other.DeleteAsync(path).AsTask(),
                });
            }
            catch (ZkException refused) when (refused.Outcome == ZkOutcome.NotDone)
            {
                // there is no such node, or there is one, or it has children
            }

            if (i % 100 == 50)
                Proxy.Cut();
            if (i % 100 == 75)
                Proxy.LoseReply(3);
        }

        await EqualAsync(tree, "/t");
        Assert.That(tree.Nodes, Has.Count.GreaterThan(3));
        Assert.That(tree.Completion.IsCompleted, Is.False);
    }

    [Test]
    public async Task A_handler_that_throws_ends_the_cache_and_is_told()
    {
        await using ZkTreeCache tree = await ZkTreeCache.StartAsync(Client, "/t");
        tree.Changed += static _ => throw new InvalidOperationException("a test's own mistake");
        await Other.CreateAsync("/t", default);
        Assert.That(async () => await tree.Completion, Throws.InvalidOperationException);
    }

    private static Task IsAsync(ZkNodeCache cache, string? data) => Eventually.TrueAsync(
        () => cache.Current is { } node ? data is not null && node.Data.AsSpan().SequenceEqual(Bytes(data)) : data is null,
        $"the cache had '{data}'");

    /// <summary>Waits until the cache says what a walk over the tree says.</summary>
    private Task EqualAsync(ZkTreeCache cache, string root) => Eventually.TrueAsync(
        async () =>
        {
            Dictionary<string, long> truth = [];
            Stack<string> open = new([root]);
            while (open.TryPop(out string? path))
            {
                truth[path] = (await Other.GetDataAsync(path)).Stat.Mzxid;
                foreach (string name in (await Other.GetChildrenAsync(path)).Names)
                    open.Push($"{path}/{name}");
            }

            return truth.Count == cache.Nodes.Count
                && truth.All(t => cache.Nodes.TryGetValue(t.Key, out ZkData node) && node.Stat.Mzxid == t.Value);
        },
        "the cache was equal to the tree");
}
