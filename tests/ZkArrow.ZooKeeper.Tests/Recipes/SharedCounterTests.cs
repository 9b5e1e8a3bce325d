using System.Buffers.Binary;
using ZkArrow.Testing;
using ZkArrow.ZooKeeper.Recipes;

namespace ZkArrow.ZooKeeper.Tests.Recipes;

public sealed class SharedCounterTests : RecipeTest
{
    private const string Path = "/n/counter";

    [Test]
    public async Task It_counts_and_sets_by_version()
    {
        ZkSharedCounter counter = new(Client, Path);
        Assert.That(await counter.GetAsync(), Is.EqualTo(new ZkCount(0, 0)));
        Assert.That(await counter.AddAsync(5), Is.EqualTo(new ZkCount(5, 1)));
        Assert.That(await counter.AddAsync(-7), Is.EqualTo(new ZkCount(-2, 2)));
        Assert.That(await counter.TrySetAsync(1, 1), Is.Null);
        Assert.That(await counter.TrySetAsync(40, 2), Is.EqualTo(new ZkCount(40, 3)));
        byte[] data = (await Other.GetDataAsync(Path)).Data;
        Assert.That(BinaryPrimitives.ReadInt64BigEndian(data), Is.EqualTo(40), "as Curator reads it");
        await Other.SetDataAsync(Path, data.AsMemory(0, 8)); // as Curator writes it
        Assert.That((await counter.AddAsync(2)).Value, Is.EqualTo(42));
        await counter.AddAsync(long.MaxValue - 42);
        Assert.That(async () => await counter.AddAsync(1), Throws.InstanceOf<OverflowException>());
        await Other.SetDataAsync(Path, SharedServer.Bytes("other"));
        Assert.That(async () => await counter.GetAsync(), Throws.InstanceOf<FormatException>());
    }

    [Test]
    public async Task An_addition_whose_reply_was_lost_is_done_once()
    {
        ZkSharedCounter counter = new(Client, Path);
        await counter.AddAsync(1);
        Proxy.LoseReply(2);
        Assert.That(await counter.AddAsync(1), Is.EqualTo(new ZkCount(2, 2)));
        Assert.That(Proxy.Connections, Is.EqualTo(2));
        Assert.That(await counter.GetAsync(), Is.EqualTo(new ZkCount(2, 2)));
    }

    [Test]
    public async Task It_is_found_among_the_changes_that_came_after_it_and_else_is_unknown([Values(3, 40)] int later)
    {
        ZkSharedCounter counter = new(Client, Path), others = new(Other, Path);
        await counter.AddAsync(1);
        Proxy.LoseReply(2);
        Proxy.Refusing = true; // the connection there is stays
        Task<ZkCount> adding = counter.AddAsync(10);
        await Eventually.TrueAsync(async () => (await others.GetAsync()).Value == 11, "the addition was done");
        for (int i = 0; i < later; i++)
            await others.AddAsync(100);
        Proxy.Refusing = false;
        if (later == 3)
            Assert.That(await adding, Is.EqualTo(new ZkCount(11, 2)));
        else
            Assert.That((await Assert.ThrowsAsync<ZkConnectionLossException>(() => adding))!.Outcome, Is.EqualTo(ZkOutcome.Unknown));
        Assert.That((await others.GetAsync()).Value, Is.EqualTo(11 + (100 * later)));
    }

    [Test]
    public async Task Four_clients_count_exactly_through_lost_replies()
    {
        ZkClient[] clients = [Client, Other, await NewClientAsync(), await NewClientAsync()];
        int unknown = 0, lost = 0;
        Task[] adders = [.. clients.Select(client => Task.Run(async () =>
        {
            ZkSharedCounter counter = new(client, Path);
            for (int i = 0; i < 50; i++)
            {
                try
                {
                    await counter.AddAsync(1);
                }
                catch (ZkException late) when (late.Outcome == ZkOutcome.Unknown)
                {
                    Interlocked.Increment(ref unknown); // more changes came while it was away than the node keeps ids
                }
            }
        }))];
        Task all = Task.WhenAll(adders);
        while (!all.IsCompleted)
        {
            int connections = Proxy.Connections;
            Proxy.LoseReply(1 + (lost++ % 5));
            await Eventually.TrueAsync(() => Proxy.Connections > connections || all.IsCompleted, "a reply was lost");
        }

        await all;
        Assert.That((await new ZkSharedCounter(Other, Path).GetAsync()).Value, Is.InRange(200 - unknown, 200));
        Assert.That(lost, Is.GreaterThan(5));
    }
}
