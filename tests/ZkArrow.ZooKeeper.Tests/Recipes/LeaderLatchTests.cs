using ZkArrow.Testing;
using ZkArrow.ZooKeeper.Recipes;

namespace ZkArrow.ZooKeeper.Tests.Recipes;

public sealed class LeaderLatchTests : RecipeTest
{
    private const string Path = "/leader";

    [Test]
    public async Task The_first_leads_and_all_are_seen_in_their_order()
    {
        ZkLeaderLatch ann = new(Client, Path, "ann"), bob = new(Other, Path, "bob");
        Assert.That(await ann.GetParticipantsAsync(), Is.Empty);
        ZkLockHandle leads = await ann.ElectAsync();
        Task<ZkLockHandle> next = bob.ElectAsync();
        await ChildCountAsync(Path, 2);
        Assert.That(await ChildrenAsync(Path), Has.All.Match("^_c_[0-9a-f-]{36}-latch-[0-9]{10}$"));
        Assert.That(await bob.GetParticipantsAsync(), Is.EqualTo(new[] { "ann", "bob" }));
        await leads.DisposeAsync();
        await using ZkLockHandle bobs = await next;
        Assert.That(bobs.Token, Is.GreaterThan(leads.Token));
        Assert.That(await ann.GetParticipantsAsync(), Is.EqualTo(new[] { "bob" }));
    }

    [Test]
    public async Task Who_loses_the_leadership_is_told_and_stands_again()
    {
        using CancellationTokenSource end = new();
        Recorder<(string Id, long Token)> terms = new();
        int annsEnds = 0;
        async Task LeadAsync(ZkLeaderLatch latch, ZkLockHandle handle, CancellationToken stop)
        {
            terms.Add((latch.Id, handle.Token));
            try
            {
                await Task.Delay(Timeout.Infinite, stop);
            }
            finally
            {
                if (latch.Id == "ann")
                    Interlocked.Increment(ref annsEnds);
            }
        }

        ZkLeaderLatch ann = new(Client, Path, "ann"), bob = new(Other, Path, "bob");
        Task anns = ann.RunAsync((handle, stop) => LeadAsync(ann, handle, stop), end.Token);
        await terms.CountAsync(1);
        Task bobs = bob.RunAsync((handle, stop) => LeadAsync(bob, handle, stop), end.Token);
        await ChildCountAsync(Path, 2);
        await ExpireAsync(() => terms.CountAsync(2));
        await Eventually.TrueAsync(() => Volatile.Read(ref annsEnds) == 1, "ann was told");
        await Eventually.TrueAsync(
            async () => (await bob.GetParticipantsAsync()) is ["bob", "ann"], "ann stood again behind bob");
        await end.CancelAsync();
        Assert.That(async () => await anns, Throws.InstanceOf<OperationCanceledException>());
        Assert.That(async () => await bobs, Throws.InstanceOf<OperationCanceledException>());
        Assert.That(terms.All[..2].Select(static t => t.Id), Is.EqualTo(new[] { "ann", "bob" }));
        Assert.That(terms.All.Select(static t => t.Token), Is.Ordered.And.Unique);
        await ChildCountAsync(Path, 0);
    }
}
