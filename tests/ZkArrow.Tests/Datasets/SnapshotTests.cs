using NUnit.Framework;

namespace ZkArrow.Tests.Datasets;

[TestFixture]
public sealed class SnapshotTests : DatasetFixture
{
    private static readonly PublishOptions OnHost = new() { Residency = Residency.Host };

    [TestCase(Residency.Host)]
    [TestCase(Residency.Inline)]
    public async Task It_holds_what_it_has_chosen_whatever_happens_to_it(Residency residency)
    {
        ZkArrowClient client = await ConnectAsync();
        PublishOptions options = new() { Residency = residency };
        await client.PublishAsync("a", Int64(1, 1), options);
        DatasetVersion b = await client.PublishAsync("b", Int64(2, 2), options);
        ZkArrowSnapshot snapshot = await client.SnapshotAsync(["b", "a"]);
        Assert.That(snapshot.Versions.Keys, Is.EqualTo(new[] { "b", "a" }));
        Assert.That(snapshot.Versions["b"], Is.EqualTo(b));
        Assert.That(snapshot.CommitNumber, Is.EqualTo(b.CommitNumber));
        await client.PublishAsync("a", Int64(9, 9), options);
        await client.DropAsync("a");
        await client.DropAsync("b");
        await client.SweepAsync(TimeSpan.Zero);
        ZkArrowTable kept = snapshot.Read("b");
        using (ZkArrowTable table = snapshot.Read("a"))
            Assert.That(await ValuesAsync(table), Is.EqualTo(new[] { 1L }));
        ZkArrowException e = Assert.Throws<ZkArrowException>(() => snapshot.Read("c"))!;
        Assert.That(e.Status, Is.EqualTo(ZkArrowStatus.NotFound));
        snapshot.Dispose();
        snapshot.Dispose();
        Assert.Throws<ObjectDisposedException>(() => snapshot.Read("a"));
        Assert.That(await ValuesAsync(kept), Is.EqualTo(new[] { 2L, 3L }), "what was read outlives the snapshot");
        kept.Dispose();
    }

    [Test]
    public async Task All_datasets_are_those_with_a_version_and_none_is_an_empty_snapshot()
    {
        ZkArrowClient client = await ConnectAsync();
        using (ZkArrowSnapshot none = await client.SnapshotAsync())
            Assert.That((none.Versions.Count, none.CommitNumber), Is.EqualTo((0, 0L)));
        await client.PublishAsync("b", Int64(0, 1));
        await client.PublishAsync("a/b", Int64(0, 1));
        using ZkArrowSnapshot all = await client.SnapshotAsync();
        Assert.That(all.Versions.Keys, Is.EqualTo(new[] { "a/b", "b" }));
    }

    [Test]
    public async Task What_cannot_be_had_is_refused_with_a_sentence()
    {
        ZkArrowClient client = await ConnectAsync();
        await client.PublishAsync("a", Int64(0, 1));
        Assert.That(await StatusOf(async () => await client.SnapshotAsync(["a", "x"])), Is.EqualTo(ZkArrowStatus.NotFound));
        Assert.That(await StatusOf(async () => await client.SnapshotAsync(["a", "a"])), Is.EqualTo(ZkArrowStatus.InvalidArgument));
        Assert.That(await StatusOf(async () => await client.SnapshotAsync([""])), Is.EqualTo(ZkArrowStatus.InvalidArgument));
        Assert.That(await StatusOf(async () => await client.SnapshotAsync([.. Enumerable.Range(0, 4097).Select(i => $"n{i}")])), Is.EqualTo(ZkArrowStatus.TooLarge));
        Assert.That(await StatusOf(async () => await client.SnapshotAsync(["a"], AsOf.Commit(long.MaxValue))), Is.EqualTo(ZkArrowStatus.NotFound));
        Assert.That(await StatusOf(async () => await client.ReadAsync("a", new ReadOptions { AsOf = AsOf.Commit(1), Version = 1 })), Is.EqualTo(ZkArrowStatus.InvalidArgument));
        Assert.That(Assert.Throws<ZkArrowException>(() => AsOf.Commit(0))!.Status, Is.EqualTo(ZkArrowStatus.InvalidArgument));
        Assert.That(Assert.Throws<ZkArrowException>(() => AsOf.Commit("12"))!.Status, Is.EqualTo(ZkArrowStatus.InvalidArgument));
    }

    [Test]
    public async Task As_of_a_commit_or_a_time_each_dataset_is_what_it_was()
    {
        ZkArrowClient client = await ConnectAsync();
        List<DatasetVersion> a = [], b = [];
        for (int i = 0; i < 20; i++)
        {
            a.Add(await client.PublishAsync("a", Int64(i, 1)));
            if (i % 3 == 0)
                b.Add(await client.PublishAsync("b", Int64(i, 1), OnHost));
        }

        foreach (DatasetVersion version in a)
        {
            foreach (AsOf moment in (AsOf[])[AsOf.Commit(version.CommitNumber), AsOf.Commit(version.CommitId), AsOf.Time(version.CommittedAt)])
            {
                using ZkArrowTable table = await client.ReadAsync("a", new ReadOptions { AsOf = moment });
                Assert.That(table.Version, Is.EqualTo(version), moment.ToString());
            }

            if (version.Number == 1)
                continue;
            using ZkArrowSnapshot snapshot = await client.SnapshotAsync(["a", "b"], AsOf.Commit(version.CommitId));
            Assert.That(snapshot.Versions["a"], Is.EqualTo(version));
            Assert.That(snapshot.Versions["b"], Is.EqualTo(b.Last(one => one.CommitNumber <= version.CommitNumber)));
            Assert.That(snapshot.CommitNumber, Is.EqualTo(version.CommitNumber));
        }

        Assert.That(await StatusOf(async () => await client.SnapshotAsync(["a", "b"], AsOf.Commit(a[0].CommitNumber))), Is.EqualTo(ZkArrowStatus.NotFound), "b was not there");
        using (ZkArrowSnapshot first = await client.SnapshotAsync(asOf: AsOf.Commit(a[0].CommitNumber)))
            Assert.That(first.Versions.Keys, Is.EqualTo(new[] { "a" }));
        Assert.That(await StatusOf(async () => await client.ReadAsync("a", new ReadOptions { AsOf = AsOf.Time(a[0].CommittedAt.AddSeconds(-1)) })), Is.EqualTo(ZkArrowStatus.NotFound));
        Assert.That(await StatusOf(async () => await client.ReadAsync("a", new ReadOptions { AsOf = AsOf.Commit(b[0].CommitId) })), Is.EqualTo(ZkArrowStatus.NotFound), "a commit of another dataset");
        using ZkArrowTable now = await client.ReadAsync("a", new ReadOptions { AsOf = AsOf.Time(DateTimeOffset.UtcNow.AddDays(1)) });
        Assert.That(now.Version, Is.EqualTo(a[^1]));
    }

    [Test]
    public async Task A_version_that_was_dropped_is_never_stood_in_for_by_an_older_one()
    {
        ZkArrowClient client = await ConnectAsync();
        List<DatasetVersion> versions = [];
        for (int i = 0; i < 8; i++)
            versions.Add(await client.PublishAsync("a", Int64(i, 1)));
        await client.DropAsync("a", 3);
        await client.DropAsync("a", 4);
        await client.DropAsync("a", 1);
        for (int i = 0; i < 8; i++)
        {
            AsOf moment = AsOf.Commit(versions[i].CommitNumber);
            if (i is 0 or 2 or 3)
            {
                ZkArrowException e = (await Assert.ThrowsAsync<ZkArrowException>(async () => await client.ReadAsync("a", new ReadOptions { AsOf = moment })))!;
                Assert.That((e.Status, e.Message.Contains("no longer be read", StringComparison.Ordinal)), Is.EqualTo((ZkArrowStatus.NotFound, true)), $"version {i + 1}");
                continue;
            }

            using ZkArrowTable table = await client.ReadAsync("a", new ReadOptions { AsOf = moment });
            Assert.That(table.Version, Is.EqualTo(versions[i]));
        }
    }

    [Test]
    public async Task A_dataset_whose_bytes_are_elsewhere_is_in_the_cut_and_says_so_when_it_is_read()
    {
        ZkArrowClient client = await ConnectAsync();
        await client.PublishAsync("a", Int64(0, 1), OnHost);
        await client.PublishAsync("b", Int64(0, 1));
        foreach (string file in Directory.GetFiles(DataDirectory, "*.arrow", SearchOption.AllDirectories))
            File.Delete(file);
        using ZkArrowSnapshot snapshot = await client.SnapshotAsync();
        Assert.That(snapshot.Versions, Has.Count.EqualTo(2));
        Assert.That(Assert.Throws<ZkArrowException>(() => snapshot.Read("a"))!.Status, Is.EqualTo(ZkArrowStatus.DataLost));
        snapshot.Read("b").Dispose();
    }

    /// <summary>
    /// Every transaction writes its own number into each dataset of a random set; what a snapshot shows must then be what some
    /// prefix of the commits leaves. The prefix is the commit number, which the versions carry.
    /// </summary>
    [TestCase(1, false)]
    [TestCase(2, false)]
    [TestCase(3, true)]
    public async Task Random_transactions_and_snapshots_never_show_a_mixed_cut(int seed, bool embedded)
    {
        const int Datasets = 12, Writers = 3, Readers = 2, Each = 60;
        ZkArrowClient[] clients = await Task.WhenAll(Enumerable.Range(0, Writers + Readers).Select(_ => ConnectAsync(url: embedded ? $"local:{DataDirectory}/.local" : null)));
        Dictionary<long, HashSet<string>> committed = [];
        List<Dictionary<string, DatasetVersion>> cuts = [];
        using CancellationTokenSource done = new();
        Task[] readers =
        [
            .. clients.Skip(Writers).Select((client, r) => Task.Run(async () =>
            {
                Random random = new(seed + 100 + r);
                while (!done.IsCancellationRequested)
                {
                    string[] existing = [.. (await client.ListAsync()).Select(dataset => dataset.Name).Where(_ => random.Next(3) > 0)];
                    try
                    {
                        using ZkArrowSnapshot cut = await client.SnapshotAsync(random.Next(3) == 0 ? null : existing);
                        lock (cuts)
                            cuts.Add(new Dictionary<string, DatasetVersion>(cut.Versions));
                        foreach ((string name, DatasetVersion version) in cut.Versions)
                        {
                            using ZkArrowTable table = cut.Read(name);
                            Assert.That(table.Version, Is.EqualTo(version));
                        }
                    }
                    catch (ZkArrowException e) when (e.Status == ZkArrowStatus.NotFound)
                    {
                        // dropped since it was listed
                    }
                }
            })),
        ];
        await Task.WhenAll(clients.Take(Writers).Select((client, w) => Task.Run(async () =>
        {
            Random random = new(seed + w);
            for (int i = 0; i < Each; i++)
            {
                if (random.Next(20) == 0)
                {
                    try
                    {
                        await client.DropAsync($"d/{random.Next(Datasets)}");
                    }
                    catch (ZkArrowException e) when (e.Status == ZkArrowStatus.NotFound)
                    {
                        // not made yet
                    }
                }

                string[] names = [.. Enumerable.Range(0, Datasets).Where(_ => random.Next(3) == 0).Select(d => $"d/{d}")];
                if (names.Length == 0)
                    continue;
                using ZkArrowTransaction transaction = client.BeginTransaction();
                foreach (string name in names)
                    await transaction.PublishAsync(name, Int64(i, 1), random.Next(4) == 0 ? OnHost : null);
                long number = (await transaction.CommitAsync())[0].Head.CommitNumber;
                lock (committed)
                    committed.Add(number, [.. names]);
            }
        })));
        await done.CancelAsync();
        await Task.WhenAll(readers);
        Assert.That(cuts, Has.Count.GreaterThan(5));
        long[] order = [.. committed.Keys.Order()];
        foreach (Dictionary<string, DatasetVersion> cut in cuts.Where(cut => cut.Count > 0))
        {
            long last = cut.Values.Max(version => version.CommitNumber);
            foreach ((string name, DatasetVersion version) in cut)
            {
                long newer = order.FirstOrDefault(number => number > version.CommitNumber && number <= last && committed[number].Contains(name));
                Assert.That(newer, Is.Zero, $"'{name}' is as of {version.CommitNumber} in a cut at {last}, which is after its commit {newer}");
            }
        }
    }
}
