using ZkArrow.ZooKeeper.Recipes;

namespace ZkArrow.ZooKeeper.Tests.Recipes;

/// <summary>The examples of docs/recipes.md: each is in here word for word, compiled and run.</summary>
[CancelAfter(60_000)]
public sealed class RecipeExampleTests
{
    [Test]
    public async Task Examples_run(CancellationToken stop)
    {
        await using ZkClient client = await SharedServer.ConnectAsync(
            SharedServer.Instance.ConnectString + await SharedServer.NewChrootAsync());
        await client.CreateAsync("/ledger", default, ct: stop);

        ZkLock mutex = new(client, "/locks/ledger");
        await using (ZkLockHandle held = await mutex.AcquireAsync(stop))
        {
            // done only if the lock is still held when the servers do it
            await client.MultiAsync([.. held.Fence, ZkOp.SetData("/ledger", "balance 5"u8.ToArray())], stop);
        }
        Assert.That((await client.GetDataAsync("/ledger", ct: stop)).Data, Is.EqualTo("balance 5"u8.ToArray()));

        ZkReadWriteLock door = new(client, "/locks/door");
        await using (ZkLockHandle reading = await door.AcquireReadAsync(stop))
            Console.WriteLine($"together with other readers, after writer {reading.Token}");
        await using (ZkLockHandle? writing = await door.TryAcquireWriteAsync(TimeSpan.FromSeconds(5), stop))
            Console.WriteLine(writing is null ? "not in time" : $"alone, as writer {writing.Token}");

        ZkLeaderLatch latch = new(client, "/leaders/indexer", id: "host-1");
        await using (ZkLockHandle leading = await latch.ElectAsync(stop))
            Console.WriteLine($"term {leading.Token}: {string.Join(", ", await latch.GetParticipantsAsync(stop))}");

        ZkSemaphore slots = new(client, "/slots", count: 3);
        await using (ZkLockHandle lease = await slots.AcquireAsync(stop))
            Console.WriteLine($"one of three: {lease.NodePath}");

        ZkBarrier gate = new(client, "/gate");
        await gate.CloseAsync(stop);
        Task waiting = gate.WaitAsync(stop);
        await gate.OpenAsync(stop);
        await waiting;

        ZkDoubleBarrier round = new(client, "/round-1", count: 1);
        await round.EnterAsync(stop); // nobody is past this before all have entered
        await round.LeaveAsync(stop); // nobody is past this before all have left

        ZkSharedCounter counter = new(client, "/counters/orders");
        ZkCount added = await counter.AddAsync(1, stop);
        ZkCount? set = await counter.TrySetAsync(100, added.Version, stop); // null when somebody changed it
        Assert.That((added.Value, set?.Value), Is.EqualTo((1, 100)));

        ZkQueue queue = new(client, "/queue");
        await queue.OfferAsync("work"u8.ToArray(), stop);
        byte[] item = await queue.TakeAsync(stop); // waits while it is empty
        Assert.That(item, Is.EqualTo("work"u8.ToArray()));

        await using (ZkGroup group = await ZkGroup.JoinAsync(client, "/workers", "host-1", "idle"u8.ToArray(), stop))
        {
            group.Changed += members => Console.WriteLine(string.Join(", ", members.Keys));
            group.SetData("busy"u8.ToArray());
        }

        await using (ZkPersistentEphemeral alive = await ZkPersistentEphemeral.StartAsync(client, "/alive", "1"u8.ToArray(), stop))
            Console.WriteLine(alive.IsPresent);

        await using (ZkNodeCache limit = await ZkNodeCache.StartAsync(client, "/config/limit", stop))
        await using (ZkTreeCache config = await ZkTreeCache.StartAsync(client, "/config", stop))
            Console.WriteLine($"{limit.Current is not null}, {config.Nodes.Count} nodes");
    }

    [Test]
    public void Every_example_of_the_page_is_one_of_these() =>
        DocumentedExamples.AssertCompiled("docs/recipes.md", "Recipes/RecipeExampleTests.cs", 10);
}
