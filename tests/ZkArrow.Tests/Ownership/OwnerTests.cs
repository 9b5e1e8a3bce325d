using NUnit.Framework;
using ZkArrow.Testing;
using ZkArrow.Tests.Datasets;
using ZkArrow.ZooKeeper;

namespace ZkArrow.Tests.Ownership;

/// <summary>Acquire, publish, release: one owner at a time, and everybody else is told who.</summary>
[TestFixture]
public sealed class OwnerTests : DatasetFixture
{
    private static readonly PublishOptions InHost = new() { Residency = Residency.Host };

    [Test]
    public async Task While_a_dataset_is_owned_only_its_owner_publishes_and_others_are_told_who()
    {
        ZkArrowClient client = await ConnectAsync();
        ZkArrowClient other = await ConnectAsync();
        Assert.That((await other.PublishAsync("a", Int64(0, 1))).Epoch, Is.Zero);
        ZkArrowOwner owner = await client.AcquireOwnershipAsync("a");
        Assert.That((owner.Name, owner.Epoch, owner.State), Is.EqualTo(("a", 1L, OwnerState.Connected)));
        DatasetVersion version = await owner.PublishAsync(Int64(1, 2), InHost);
        Assert.That((version.Number, version.Epoch), Is.EqualTo((2L, 1L)));
        Assert.That((await owner.AppendAsync(Int64(3, 2))).Rows, Is.EqualTo(4));

        foreach (ZkArrowClient stranger in (ZkArrowClient[])[other, client])
        {
            ZkArrowException refused = (await Assert.ThrowsAsync<ZkArrowException>(async () => await stranger.PublishAsync("a", Int64(9, 1))))!;
            Assert.That(refused.Status, Is.EqualTo(ZkArrowStatus.NotOwner));
            Assert.That(refused.Message, Does.Match(@"has an owner \(epoch 1, \d+@\S+ since \d{4}-\d\d-\d\d .*Z\)"));
            Assert.That(await StatusOf(async () => await stranger.DropAsync("a", 1)), Is.EqualTo(ZkArrowStatus.NotOwner));
            Assert.That(await StatusOf(async () => await stranger.DropAsync("a")), Is.EqualTo(ZkArrowStatus.NotOwner));
        }

        await owner.ReleaseAsync();
        await owner.ReleaseAsync();
        Assert.That(owner.State, Is.EqualTo(OwnerState.Released));
        ZkArrowException over = (await Assert.ThrowsAsync<ZkArrowException>(async () => await owner.PublishAsync(Int64(9, 1))))!;
        Assert.That((over.Status, over.Message), Is.EqualTo((ZkArrowStatus.NotOwner, "the ownership of 'a' (epoch 1) was released; acquire it again")));
        Assert.That((await other.PublishAsync("a", Int64(5, 1))).Epoch, Is.Zero);
        await using ZkArrowOwner second = await other.AcquireOwnershipAsync("a");
        Assert.That(second.Epoch, Is.EqualTo(2));
    }

    [Test]
    public async Task Owning_makes_the_dataset_without_a_version()
    {
        ZkArrowClient client = await ConnectAsync();
        await using ZkArrowOwner owner = await client.AcquireOwnershipAsync("new");
        ZkArrowException e = (await Assert.ThrowsAsync<ZkArrowException>(async () => await client.ReadAsync("new")))!;
        Assert.That((e.Status, e.Message), Is.EqualTo((ZkArrowStatus.NotFound, "the dataset 'new' has no version yet; publish one, or wait for it")));
        using ZkArrowLoan loan = client.Loan(Int64(0, 1).Schema, 3);
        DatasetVersion version = await owner.PublishAsync(loan, options: new PublishOptions { ExpectedVersion = 0 });
        Assert.That((version.Number, version.Epoch, version.Rows), Is.EqualTo((1L, 1L, 3L)));
    }

    [Test]
    public async Task Owners_that_do_not_fit_are_refused()
    {
        ZkArrowClient client = await ConnectAsync();
        ZkArrowClient other = await ConnectAsync();
        await using ZkArrowOwner owner = await client.AcquireOwnershipAsync("a");
        PublishOptions owned = new() { Owner = owner };
        Assert.That(await StatusOf(async () => await client.PublishAsync("b", Int64(0, 1), owned)), Is.EqualTo(ZkArrowStatus.InvalidArgument));
        Assert.That(await StatusOf(async () => await other.PublishAsync("a", Int64(0, 1), owned)), Is.EqualTo(ZkArrowStatus.InvalidArgument));
        Assert.That(await StatusOf(async () => await client.AcquireOwnershipAsync("a//b")), Is.EqualTo(ZkArrowStatus.InvalidArgument));
        Assert.That(Assert.Throws<ZkArrowException>(() => _ = new OwnershipOptions { Timeout = TimeSpan.FromSeconds(-3) })!.Status, Is.EqualTo(ZkArrowStatus.InvalidArgument));
        Assert.That((await client.PublishAsync("a", Int64(0, 1), owned)).Epoch, Is.EqualTo(1));
    }

    [Test]
    public async Task A_contender_that_waits_in_vain_is_told_for_whom()
    {
        ZkArrowClient client = await ConnectAsync();
        ZkArrowClient other = await ConnectAsync();
        await using ZkArrowOwner owner = await client.AcquireOwnershipAsync("a");
        OwnershipOptions soon = new() { Timeout = TimeSpan.FromMilliseconds(300) };
        foreach (ZkArrowClient contender in (ZkArrowClient[])[other, client])
        {
            ZkArrowException e = (await Assert.ThrowsAsync<ZkArrowException>(async () => await contender.AcquireOwnershipAsync("a", soon)))!;
            Assert.That(e.Status, Is.EqualTo(ZkArrowStatus.Timeout));
            Assert.That(e.Message, Does.Match(@"the owner of 'a' \(epoch 1, \d+@\S+ since .*\) did not let go of it within 0\.3 s"));
        }

        using CancellationTokenSource cancel = new();
        Task waiting = other.AcquireOwnershipAsync("a", cancellationToken: cancel.Token).AsTask();
        await cancel.CancelAsync();
        await Assert.ThrowsAsync<ZkArrowCanceledException>(async () => await waiting);
        Assert.That((await owner.PublishAsync(Int64(0, 1))).Number, Is.EqualTo(1), "the owner is not disturbed");
    }

    [Test]
    public async Task Contenders_are_never_owners_together_and_epochs_only_grow()
    {
        const int Terms = 1000, Contenders = 4;
        ZkArrowClient[] clients = await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => ConnectAsync()));
        int owners = 0, together = 0, published = 0;
        List<long> epochs = [];
        await Task.WhenAll(Enumerable.Range(0, Contenders).Select(async contender =>
        {
            ZkArrowClient client = clients[contender % clients.Length];
            for (int i = 0; i < Terms / Contenders; i++)
            {
                await using ZkArrowOwner owner = await client.AcquireOwnershipAsync("a");
                if (Interlocked.Increment(ref owners) != 1)
                    together++;
                epochs.Add(owner.Epoch);
                if (i % 10 == 0)
                {
                    Assert.That((await owner.PublishAsync(Int64(i, 1))).Epoch, Is.EqualTo(owner.Epoch));
                    published++;
                }

                Interlocked.Decrement(ref owners);
            }
        }));
        Assert.That(together, Is.Zero);
        Assert.That(epochs, Has.Count.EqualTo(Terms));
        Assert.That(epochs, Is.Ordered.And.Unique);
        IReadOnlyList<DatasetVersion> history = await clients[0].HistoryAsync("a");
        Assert.That(history, Has.Count.EqualTo(published));
        Assert.That(history.Select(version => version.Epoch), Is.Ordered);
    }

    [Test]
    public async Task Handing_over_takes_three_round_trips()
    {
        await using ChaosProxy ownersWire = new(Server.Port);
        await using ChaosProxy heirsWire = new(Server.Port);
        ZkArrowClient client = await ConnectAsync(url: Through(ownersWire));
        ZkArrowClient heir = await ConnectAsync(url: Through(heirsWire));
        ZkArrowOwner owner = await client.AcquireOwnershipAsync("a");
        await owner.PublishAsync(Int64(0, 1));
        Task<ZkArrowOwner> waiting = heir.AcquireOwnershipAsync("a").AsTask();
        await Eventually.TrueAsync(() => heirsWire.Requests.Any(r => r.Op == Exists), "the heir waits for the lock");
        await heir.StatAsync("a");
        int before = ownersWire.Requests.Count, heirsBefore = heirsWire.Requests.Count;

        await owner.ReleaseAsync();
        await using ZkArrowOwner next = await waiting;
        Assert.That(next.Epoch, Is.EqualTo(2));
        Assert.That(ownersWire.Requests.Skip(before).Select(r => r.Op), Is.EqualTo(new[] { Multi }), "one to release");
        Assert.That(
            heirsWire.Requests.Skip(heirsBefore).Select(r => r.Op).TakeWhile(op => op != Multi), Is.EqualTo(new[] { GetData, Exists }), "one to look, with two requests at once");
        // what the new owner asks behind its back comes after that, and never with the look at the lock
        Assert.That(heirsWire.Requests.Skip(heirsBefore).Count(r => r.Op == Exists), Is.EqualTo(1), "one to acquire: refused, it would have looked again");
    }

    [Test]
    public async Task Taking_over_by_force_is_told_to_the_owner_and_fences_it()
    {
        ZkArrowClient client = await ConnectAsync();
        ZkArrowClient rival = await ConnectAsync();
        ZkArrowOwner owner = await client.AcquireOwnershipAsync("a");
        await owner.PublishAsync(Int64(0, 1), InHost);
        List<OwnerState> told = [];
        owner.StateChanged += (sender, state) =>
        {
            Assert.That(sender, Is.SameAs(owner));
            told.Add(state);
            throw new InvalidOperationException("a listener that fails harms nobody");
        };
        ValueTask<OwnerState> change = owner.WaitForChangeAsync(OwnerState.Connected);
        await using ZkArrowOwner next = await rival.AcquireOwnershipAsync("a", new OwnershipOptions { TakeOver = true });
        Assert.That(await change, Is.EqualTo(OwnerState.Lost));
        await Eventually.TrueAsync(() => told.Count > 0, "the listener is told");
        Assert.That(told, Is.EqualTo(new[] { OwnerState.Lost }));
        Assert.That(owner.State, Is.EqualTo(OwnerState.Lost));
        await AssertFencedAsync(owner, $@"the ownership of 'a' with epoch 1 was taken over by epoch 2, {Environment.ProcessId}@\S+ since .*; acquire it again");
        Assert.That((await next.PublishAsync(Int64(7, 1))).Number, Is.EqualTo(2));
        await owner.ReleaseAsync();
        Assert.That(owner.State, Is.EqualTo(OwnerState.Lost), "there was nothing to release");
        Assert.That(next.State, Is.EqualTo(OwnerState.Connected));
        await using ZkArrowOwner again = await rival.AcquireOwnershipAsync("b", new OwnershipOptions { TakeOver = true });
        Assert.That(again.Epoch, Is.EqualTo(1), "what nobody owns is taken over as it is acquired");
    }

    [Test]
    public async Task A_dataset_whose_time_ran_out_goes_though_it_is_owned_and_leaves_nothing()
    {
        ZkArrowClient client = await ConnectAsync();
        await client.PublishAsync("a", Int64(0, 1), new PublishOptions { Lifetime = Lifetime.Ttl, TimeToLive = TimeSpan.FromHours(1) });
        await using ZkArrowOwner owner = await client.AcquireOwnershipAsync("a");
        await client.ConfigureAsync("a", new DatasetOptions { TimeToLive = TimeSpan.FromMicroseconds(1) });
        await client.SweepAsync(TimeSpan.FromHours(1));
        await Eventually.TrueAsync(() => owner.State == OwnerState.Lost, "the owner is told");
        ZkArrowException e = (await Assert.ThrowsAsync<ZkArrowException>(async () => await owner.PublishAsync(Int64(1, 1))))!;
        Assert.That((e.Status, e.Message), Is.EqualTo((ZkArrowStatus.Fenced, "the ownership of 'a' with epoch 1 ended: the dataset was dropped")));
        await using ZkClient keeper = await ZkClient.ConnectAsync(new ZkClientOptions { ConnectString = Url["zk://".Length..] });
        string bucket = (await keeper.GetChildrenAsync("/zkarrow/d")).Names.Single();
        string dataset = (await keeper.GetChildrenAsync($"/zkarrow/d/{bucket}")).Names.Single();
        Assert.That((await keeper.GetChildrenAsync($"/zkarrow/d/{bucket}/{dataset}")).Names, Is.Empty, "the lock, and the record above it, are collected");
    }

    [Test]
    public async Task A_client_that_closes_releases_what_it_owns()
    {
        ZkArrowClient client = await ConnectAsync();
        ZkArrowClient other = await ConnectAsync();
        ZkArrowOwner owner = await client.AcquireOwnershipAsync("a");
        await client.DisposeAsync();
        Assert.That(owner.State, Is.EqualTo(OwnerState.Released));
        await owner.DisposeAsync();
        Assert.That((await other.PublishAsync("a", Int64(0, 1))).Epoch, Is.Zero);
    }

    /// <summary>A publish, an append and a loan are refused, and neither a version nor a file is left of them.</summary>
    private async Task AssertFencedAsync(ZkArrowOwner owner, string message)
    {
        ZkArrowClient witness = await ConnectAsync();
        long head = (await witness.StatAsync(owner.Name)).Number;
        int files = Files();
        ZkArrowException e = (await Assert.ThrowsAsync<ZkArrowException>(async () => await owner.PublishAsync(Int64(9, 9), InHost)))!;
        Assert.That((e.Status, e.IsOutcomeUnknown, e.IsRetryable), Is.EqualTo((ZkArrowStatus.Fenced, false, false)));
        Assert.That(e.Message, Does.Match(message));
        Assert.That(await StatusOf(async () => await owner.AppendAsync(Int64(9, 9))), Is.EqualTo(ZkArrowStatus.Fenced));
        Assert.That((await witness.StatAsync(owner.Name)).Number, Is.EqualTo(head));
        Assert.That(Files(), Is.EqualTo(files));
    }

    private const int Exists = 3, GetData = 4, Multi = 14;

    private int Files() => Directory.GetFiles(DataDirectory, "*.arrow", SearchOption.AllDirectories).Length;

    private string Through(ChaosProxy proxy) => Url.Replace(Server.ConnectString, proxy.ConnectString, StringComparison.Ordinal);
}
