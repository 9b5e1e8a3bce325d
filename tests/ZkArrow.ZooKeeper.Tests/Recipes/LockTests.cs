using System.Diagnostics;
using ZkArrow.Testing;
using ZkArrow.ZooKeeper.Recipes;

namespace ZkArrow.ZooKeeper.Tests.Recipes;

public sealed class LockTests : RecipeTest
{
    private const string Path = "/a/lock";

    [Test]
    public async Task It_names_its_node_as_Curator_does_and_removes_it_on_release()
    {
        ZkLockHandle handle = await new ZkLock(Client, Path, SharedServer.Bytes("me")).AcquireAsync();
        string[] names = await ChildrenAsync(Path);
        Assert.That(names, Has.Length.EqualTo(1));
        Assert.That(names[0], Does.Match("^_c_[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}-lock-[0-9]{10}$"));
        Assert.That(handle.NodePath, Is.EqualTo($"{Path}/{names[0]}"));
        ZkData node = await Other.GetDataAsync(handle.NodePath);
        Assert.That((node.Stat.EphemeralOwner, node.Data), Is.EqualTo((Client.SessionId, SharedServer.Bytes("me"))));
        Assert.That((handle.IsHeld, handle.Token), Is.EqualTo((true, 1)));
        await handle.DisposeAsync();
        Assert.That((handle.IsHeld, handle.Lost.IsCancellationRequested), Is.EqualTo((false, false)));
        Assert.That(await ChildrenAsync(Path), Is.Empty);
        await handle.DisposeAsync();
    }

    [Test]
    public async Task The_second_waits_for_the_first_and_has_the_larger_token()
    {
        ZkLockHandle first = await new ZkLock(Client, Path).AcquireAsync();
        Assert.That(await new ZkLock(Other, Path).TryAcquireAsync(TimeSpan.FromMilliseconds(100)), Is.Null);
        Assert.That(await ChildrenAsync(Path), Has.Length.EqualTo(1), "a wait that timed out leaves no node");
        Task<ZkLockHandle> second = new ZkLock(Other, Path).AcquireAsync();
        await ChildCountAsync(Path, 2);
        Assert.That(second.IsCompleted, Is.False);
        await first.DisposeAsync();
        await using ZkLockHandle held = await second;
        Assert.That(held.Token, Is.GreaterThan(first.Token));
    }

    [Test]
    public async Task Whoever_ends_in_ten_digits_is_waited_for([Values("0123abcd__lock__", "lock-", "x")] string prefix)
    {
        await Other.CreateAsync("/a", default);
        await Other.CreateAsync(Path, default);
        await Other.CreateAsync(Path + "/not-a-contender", default);
        ZkCreated before = await Other.CreateAsync($"{Path}/{prefix}", default, ZkCreateMode.EphemeralSequential);
        Task<ZkLockHandle> waiting = new ZkLock(Client, Path).AcquireAsync();
        await Eventually.TrueAsync(
            async () => (await WatchesAsync()).ContainsKey(before.Path), "the one before was watched");
        Assert.That(waiting.IsCompleted, Is.False);
        await Other.DeleteAsync(before.Path);
        await using ZkLockHandle held = await waiting;
    }

    [Test]
    public async Task Every_reply_of_an_acquisition_may_be_lost_and_there_is_one_node_and_one_epoch([Range(1, 5)] int reply)
    {
        await using (await new ZkLock(Other, Path).AcquireAsync())
        {
            // from here on the queue and its epoch exist
        }

        Proxy.LoseReply(reply);
        await using ZkLockHandle handle = await new ZkLock(Client, Path).AcquireAsync();
        Assert.That(await ChildrenAsync(Path), Is.EqualTo(new[] { handle.NodePath[(Path.Length + 1)..] }));
        Assert.That(Proxy.Connections, Is.EqualTo(2), "a reply was lost");
        Assert.That(handle.Token, Is.EqualTo(2), "the raise whose reply was lost is not repeated");
        await Client.MultiAsync([.. handle.Fence, ZkOp.SetData("/a", default)]);
    }

    [Test]
    public async Task The_reply_to_the_create_is_lost_and_there_is_exactly_one_node()
    {
        await using ZkLockHandle before = await new ZkLock(Other, Path).AcquireAsync();
        Proxy.LoseReply(2); // after the one to the question whether the path exists
        Task<ZkLockHandle> waiting = new ZkLock(Client, Path).AcquireAsync();
        await Eventually.TrueAsync(() => Proxy.Connections == 2, "the reply was lost");
        await Eventually.TrueAsync(
            async () => (await WatchesAsync()).Values.Sum() == 2, "the waiter waited again");
        Assert.That(await ChildrenAsync(Path), Has.Length.EqualTo(2));
        await before.DisposeAsync();
        await using ZkLockHandle held = await waiting;
        Assert.That(await ChildrenAsync(Path), Has.Length.EqualTo(1));
    }

    [Test]
    public async Task A_connection_that_breaks_while_waiting_loses_neither_the_place_nor_the_wake_up()
    {
        ZkLockHandle first = await new ZkLock(Other, Path).AcquireAsync();
        Task<ZkLockHandle> waiting = new ZkLock(Client, Path).AcquireAsync();
        await ChildCountAsync(Path, 2);
        string[] before = await ChildrenAsync(Path);
        await CutAsync();
        Assert.That(await ChildrenAsync(Path), Is.EqualTo(before));
        Proxy.Refusing = true;
        Proxy.Cut();
        await first.DisposeAsync();
        Proxy.Refusing = false;
        await using ZkLockHandle held = await waiting;
        Assert.That(before, Does.Contain(held.NodePath[(Path.Length + 1)..]));
        Assert.That(held.Lost.IsCancellationRequested, Is.False);
    }

    [Test]
    public async Task A_short_break_while_holding_loses_nothing()
    {
        await using ZkLockHandle held = await new ZkLock(Client, Path).AcquireAsync();
        await CutAsync();
        Assert.That((held.IsHeld, held.Lost.IsCancellationRequested), Is.EqualTo((true, false)));
        await Client.MultiAsync([.. held.Fence, ZkOp.SetData("/a", default)]);
    }

    [Test]
    public async Task Lost_fires_before_the_server_gives_the_lock_to_the_next_whose_token_is_larger()
    {
        ZkLockHandle held = await new ZkLock(Client, Path).AcquireAsync();
        Task<ZkLockHandle> next = new ZkLock(Other, Path).AcquireAsync();
        await ChildCountAsync(Path, 2);
        long lostAt = 0;
        held.Lost.Register(() => Volatile.Write(ref lostAt, Stopwatch.GetTimestamp()));
        Task<long> nextAt = next.ContinueWith(static _ => Stopwatch.GetTimestamp(), TaskScheduler.Default);
        await ExpireAsync();
        Assert.That(held.IsHeld, Is.False);
        await using ZkLockHandle other = await next;
        Assert.That(Volatile.Read(ref lostAt), Is.Not.Zero.And.LessThan(await nextAt));
        Assert.That(other.Token, Is.GreaterThan(held.Token));
        ZkMultiException? fenced = await Assert.ThrowsAsync<ZkMultiException>(
            async () => await Client.MultiAsync([.. held.Fence, ZkOp.SetData("/a", SharedServer.Bytes("late"))]));
        Assert.That(fenced!.FailedIndex, Is.Zero);
        fenced = await Assert.ThrowsAsync<ZkMultiException>(
            async () => await Client.MultiAsync([held.Fence[1], ZkOp.SetData("/a", SharedServer.Bytes("late"))]));
        Assert.That(fenced!.Code, Is.EqualTo(ZkErrorCode.BadVersion), "the epoch fences too");
        await held.DisposeAsync();
        Assert.That(other.IsHeld, Is.True, "a late release takes nothing from the next");
    }

    [Test]
    public async Task Lost_fires_when_somebody_deletes_the_node_or_the_client_is_closed()
    {
        await using (ZkLockHandle deleted = await new ZkLock(Client, Path).AcquireAsync())
        {
            await Other.SetDataAsync(deleted.NodePath, SharedServer.Bytes("a look"));
            await Other.DeleteAsync(deleted.NodePath);
            await FiredAsync(deleted.Lost, "the deletion was noticed");
        }

        ZkLockHandle closed = await new ZkLock(Client, Path).AcquireAsync();
        await Client.DisposeAsync();
        await FiredAsync(closed.Lost, "the closing was noticed");
        await closed.DisposeAsync();
    }

    [Test]
    public async Task Who_loses_the_session_while_waiting_stands_in_line_again()
    {
        await using ZkLockHandle first = await new ZkLock(Other, Path).AcquireAsync();
        Task<ZkLockHandle> waiting = new ZkLock(Client, Path).AcquireAsync();
        await ChildCountAsync(Path, 2);
        string[] before = await ChildrenAsync(Path);
        await ExpireAsync(() => ChildCountAsync(Path, 1));
        await ChildCountAsync(Path, 2);
        Assert.That(await ChildrenAsync(Path), Is.Not.EqualTo(before));
        await first.DisposeAsync();
        await using ZkLockHandle held = await waiting;
    }

    [Test]
    public async Task Cancelling_leaves_no_node_at_whatever_moment([Values] bool isCreateHeldUp)
    {
        await using ZkLockHandle first = await new ZkLock(Other, Path).AcquireAsync();
        using CancellationTokenSource source = new();
        if (isCreateHeldUp)
            Proxy.HoldReplies();
        Task<ZkLockHandle> waiting = new ZkLock(Client, Path).AcquireAsync(source.Token);
        if (!isCreateHeldUp)
            await ChildCountAsync(Path, 2);
        await source.CancelAsync();
        Proxy.ReleaseReplies();
        Assert.That(async () => await waiting, Throws.InstanceOf<OperationCanceledException>());
        await ChildCountAsync(Path, 1);
    }

    [Test]
    public async Task Cancelling_while_the_reply_to_the_create_is_away_leaves_no_node()
    {
        await using ZkLockHandle first = await new ZkLock(Other, Path).AcquireAsync();
        using CancellationTokenSource source = new();
        Task<ZkLockHandle> waiting;
        await using (IAsyncDisposable watch = await Other.AddWatchAsync(Path, ZkWatchMode.Persistent, _ => Proxy.HoldReplies()))
        {
            // the reply to the create comes after the event about it on another connection or is held: both must do
            waiting = new ZkLock(Client, Path).AcquireAsync(source.Token);
            await ChildCountAsync(Path, 2);
        }

        await source.CancelAsync();
        Proxy.Cut();
        Proxy.ReleaseReplies();
        Assert.That(async () => await waiting, Throws.InstanceOf<OperationCanceledException>());
        await ChildCountAsync(Path, 1);
    }

    [Test]
    public async Task Each_waiter_watches_one_node_and_a_release_wakes_one()
    {
        ZkLockHandle held = await new ZkLock(Client, Path).AcquireAsync();
        List<Task<ZkLockHandle>> waiting = [];
        for (int i = 0; i < 5; i++)
        {
            ZkClient client = await NewClientAsync();
            waiting.Add(new ZkLock(client, Path).AcquireAsync());
            await ChildCountAsync(Path, i + 2);
        }

        // the holder watches its own node, and each waiter the one before
        await Eventually.TrueAsync(
            async () => (await WatchesAsync()).Values.Sum() == 6, "each had one watch");
        Dictionary<string, int> watches = await WatchesAsync();
        string[] queue = [.. (await ChildrenAsync(Path)).OrderBy(static n => n[^10..]).Select(static n => $"{Path}/{n}")];
        Assert.That(watches.Keys, Is.EquivalentTo(queue.Take(5)));
        Assert.That(queue.Take(5).Select(n => watches[n]), Is.EqualTo(new[] { 2, 1, 1, 1, 1 }));

        foreach (Task<ZkLockHandle> next in waiting)
        {
            await held.DisposeAsync();
            held = await next;
            Assert.That(waiting.Count(static w => w.IsCompleted), Is.EqualTo(waiting.IndexOf(next) + 1));
        }

        await held.DisposeAsync();
    }

    [Test]
    public async Task Six_contenders_are_never_two_and_their_tokens_grow_through_cuts()
    {
        long last = 0;
        int inside = 0, most = 0, rounds = 0;
        bool grew = true;
        using CancellationTokenSource end = new(TimeSpan.FromSeconds(4));
        ZkClient[] clients = [Client, .. await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => NewClientAsync()))];
        Task[] contenders = [.. clients.Select(client => Task.Run(async () =>
        {
            ZkLock mutex = new(client, Path);
            while (!end.IsCancellationRequested)
            {
                await using ZkLockHandle held = await mutex.AcquireAsync();
                most = Math.Max(most, Interlocked.Increment(ref inside));
                grew &= held.Token > last;
                last = held.Token;
                rounds++;
                await Task.Yield();
                Interlocked.Decrement(ref inside);
            }
        }))];
        int cuts = 0;
        while (!end.IsCancellationRequested)
        {
            int connections = Proxy.Connections;
            Proxy.LoseReply(1 + (cuts++ % 9));
            await Eventually.TrueAsync(() => Proxy.Connections > connections || end.IsCancellationRequested, "a reply was lost");
        }

        await Task.WhenAll(contenders);
        TestContext.Out.WriteLine($"{rounds} acquisitions, {cuts} replies lost, last token {last}");
        Assert.That((most, grew), Is.EqualTo((1, true)));
        Assert.That(last, Is.EqualTo(rounds), "each acquisition raised the epoch once");
        Assert.That(rounds, Is.GreaterThan(50));
        await ChildCountAsync(Path, 0);
    }
}
