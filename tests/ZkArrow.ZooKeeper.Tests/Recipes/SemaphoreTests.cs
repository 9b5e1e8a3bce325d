using ZkArrow.ZooKeeper.Recipes;

namespace ZkArrow.ZooKeeper.Tests.Recipes;

public sealed class SemaphoreTests : RecipeTest
{
    private const string Path = "/sem";

    [Test]
    public async Task There_are_so_many_leases_and_the_next_waits()
    {
        ZkSemaphore mine = new(Client, Path, 2), others = new(Other, Path, 2);
        ZkLockHandle one = await mine.AcquireAsync(), two = await others.AcquireAsync();
        Assert.That(await ChildrenAsync(Path + "/leases"), Has.All.Match("^_c_[0-9a-f-]{36}-lease-[0-9]{10}$"));
        Task<ZkLockHandle> three = mine.AcquireAsync();
        await ChildCountAsync(Path + "/leases", 3);
        using (CancellationTokenSource source = new())
        {
            Task<ZkLockHandle> four = others.AcquireAsync(source.Token);
            await ChildCountAsync(Path + "/locks", 2);
            Assert.That((three.IsCompleted, four.IsCompleted), Is.EqualTo((false, false)));
            await source.CancelAsync();
            Assert.That(async () => await four, Throws.InstanceOf<OperationCanceledException>());
        }

        await ChildCountAsync(Path + "/locks", 1);
        await two.DisposeAsync();
        await using ZkLockHandle third = await three;
        Assert.That(new[] { one.Token, two.Token, third.Token }, Is.Ordered.And.Unique);
        await Client.MultiAsync([.. one.Fence, .. third.Fence]);
        Assert.That(async () => await Client.MultiAsync(two.Fence), Throws.InstanceOf<ZkMultiException>());
        await one.DisposeAsync();
        await ChildCountAsync(Path + "/leases", 1);
    }

    [Test]
    public async Task A_cancelled_wait_leaves_no_lease()
    {
        await using ZkLockHandle held = await new ZkSemaphore(Other, Path, 1).AcquireAsync();
        using CancellationTokenSource source = new();
        Task<ZkLockHandle> waiting = new ZkSemaphore(Client, Path, 1).AcquireAsync(source.Token);
        await ChildCountAsync(Path + "/leases", 2);
        await source.CancelAsync();
        Assert.That(async () => await waiting, Throws.InstanceOf<OperationCanceledException>());
        await ChildCountAsync(Path + "/leases", 1);
        await ChildCountAsync(Path + "/locks", 0);
    }

    [Test]
    public async Task Who_loses_the_session_while_waiting_stands_in_line_again_and_a_dead_lease_frees_its_place()
    {
        ZkLockHandle held = await new ZkSemaphore(Client, Path, 1).AcquireAsync();
        Task<ZkLockHandle> waiting = new ZkSemaphore(Other, Path, 1).AcquireAsync();
        await ChildCountAsync(Path + "/leases", 2);
        await ExpireAsync();
        await using ZkLockHandle next = await waiting;
        Assert.That((held.IsHeld, next.IsHeld, next.Token > held.Token), Is.EqualTo((false, true, true)));
        Task<ZkLockHandle> again = new ZkSemaphore(Client, Path, 1).AcquireAsync();
        await ChildCountAsync(Path + "/leases", 2);
        await ExpireAsync(() => ChildCountAsync(Path + "/leases", 1));
        await next.DisposeAsync();
        await using ZkLockHandle last = await again;
    }

    [Test]
    public async Task Of_many_never_more_than_so_many_have_a_lease()
    {
        ZkClient[] clients = [Client, Other, await NewClientAsync(), await NewClientAsync(), await NewClientAsync()];
        int inside = 0, most = 0;
        Lock gate = new();
        await Task.WhenAll(clients.Select(client => Task.Run(async () =>
        {
            ZkSemaphore semaphore = new(client, Path, 2);
            for (int i = 0; i < 20; i++)
            {
                await using ZkLockHandle lease = await semaphore.AcquireAsync();
                lock (gate)
                    most = Math.Max(most, ++inside);
                await Task.Delay(2);
                lock (gate)
                    inside--;
            }
        })));
        Assert.That(most, Is.EqualTo(2));
        await ChildCountAsync(Path + "/leases", 0);
    }
}
