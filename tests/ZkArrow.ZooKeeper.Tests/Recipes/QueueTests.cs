using System.Collections.Concurrent;
using System.Text;
using ZkArrow.Testing;
using ZkArrow.ZooKeeper.Recipes;
using static ZkArrow.ZooKeeper.Tests.SharedServer;

namespace ZkArrow.ZooKeeper.Tests.Recipes;

public sealed class QueueTests : RecipeTest
{
    private const string Path = "/q/items";

    [Test]
    public async Task First_in_is_first_out()
    {
        ZkQueue mine = new(Client, Path), others = new(Other, Path);
        Assert.That(await mine.TryTakeAsync(), Is.Null);
        for (int i = 0; i < 5; i++)
            await mine.OfferAsync(Bytes($"{i}"));
        for (int i = 0; i < 5; i++)
            Assert.That(await others.TakeAsync(), Is.EqualTo(Bytes($"{i}")));
        Assert.That(await others.TryTakeAsync(), Is.Null);
    }

    [Test]
    public async Task Who_finds_it_empty_waits_also_through_a_lost_session()
    {
        Task<byte[]> waiting = new ZkQueue(Client, Path).TakeAsync();
        await Eventually.TrueAsync(
            async () => !(await Instance.AskAsync("mntr")).Contains("zk_watch_count\t0\n", StringComparison.Ordinal),
            "the queue was watched");
        await ExpireAsync();
        Assert.That(waiting.IsCompleted, Is.False);
        await new ZkQueue(Other, Path).OfferAsync(Bytes("x"));
        Assert.That(await waiting, Is.EqualTo(Bytes("x")));
        using CancellationTokenSource source = new();
        Task<byte[]> cancelled = new ZkQueue(Client, Path).TakeAsync(source.Token);
        await source.CancelAsync();
        Assert.That(async () => await cancelled, Throws.InstanceOf<OperationCanceledException>());
    }

    [Test]
    public async Task An_offer_whose_reply_was_lost_is_in_it_once()
    {
        ZkQueue queue = new(Client, Path);
        await queue.OfferAsync(Bytes("first"));
        Proxy.LoseReply(2);
        await queue.OfferAsync(Bytes("second"));
        Assert.That(Proxy.Connections, Is.EqualTo(2));
        await ChildCountAsync(Path, 2);
    }

    [Test]
    public async Task Of_many_takers_each_item_has_at_most_one()
    {
        const int Items = 200;
        ConcurrentQueue<string> taken = [];
        ZkQueue offering = new(Other, Path);
        for (int i = 0; i < Items; i++)
            await offering.OfferAsync(Bytes($"{i}"));
        ZkClient[] clients = [Client, Other, await NewClientAsync()];
        Task[] takers = [.. clients.Select(client => Task.Run(async () =>
        {
            ZkQueue queue = new(client, Path);
            while (await queue.TryTakeAsync() is { } item)
                taken.Enqueue(Encoding.UTF8.GetString(item));
        }))];
        int lost = 0;
        while (takers.Any(static t => !t.IsCompleted))
        {
            int connections = Proxy.Connections;
            Proxy.LoseReply(5 + lost++);
            await Eventually.TrueAsync(
                () => Proxy.Connections > connections || takers.All(static t => t.IsCompleted), "a reply was lost");
        }

        await Task.WhenAll(takers);
        Assert.That(taken, Is.Unique);
        Assert.That(taken, Has.Count.InRange(Items - lost, Items), "a lost reply loses one item at most");
        await ChildCountAsync(Path, 0);
    }
}
