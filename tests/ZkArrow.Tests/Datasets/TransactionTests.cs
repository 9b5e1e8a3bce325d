using NUnit.Framework;
using ZkArrow.Testing;

namespace ZkArrow.Tests.Datasets;

[TestFixture]
public sealed class TransactionTests : DatasetFixture
{
    private const int MaxDatasets = 256;

    private static readonly PublishOptions OnHost = new() { Residency = Residency.Host };

    [TestCase(Residency.Host)]
    [TestCase(Residency.Inline)]
    public async Task Several_datasets_get_their_versions_in_one_commit_or_none(Residency residency)
    {
        ZkArrowClient client = await ConnectAsync();
        ZkArrowClient witness = await ConnectAsync();
        PublishOptions options = new() { Residency = residency };
        await client.PublishAsync("old", Int64(0, 1), options);
        using (ZkArrowTransaction given = client.BeginTransaction())
        {
            await given.PublishAsync("old", Int64(1, 2), options);
            await given.PublishAsync("new", Int64(2, 3), options);
            Assert.That(await StatusOf(async () => await witness.ReadAsync("new")), Is.EqualTo(ZkArrowStatus.NotFound), "nobody sees it before the commit");
        }

        Assert.That(Segments(), Has.Length.EqualTo(residency == Residency.Host ? 1 : 0), "what was given up leaves nothing");
        using ZkArrowTransaction transaction = client.BeginTransaction();
        await transaction.PublishAsync("old", Int64(1, 2), options);
        await transaction.PublishAsync("new", Int64(2, 3), options);
        IReadOnlyList<DatasetInfo> made = await transaction.CommitAsync();
        Assert.That(made.Select(one => (one.Name, one.Head.Number, one.Head.Rows)), Is.EqualTo(new[] { ("old", 2L, 2L), ("new", 1L, 3L) }));
        Assert.That(made.Select(one => one.Head.CommitId).Distinct().Count(), Is.EqualTo(1), "the commit id is that of all");
        Assert.That(made.Select(one => one.Head.CommitNumber).Distinct().Count(), Is.EqualTo(1));
        Assert.That(made[0].Head.CommitNumber, Is.Positive);
        foreach (DatasetInfo one in made)
        {
            using ZkArrowTable table = await witness.ReadAsync(one.Name);
            Assert.That(table.Version, Is.EqualTo(one.Head));
            Assert.That(await witness.StatAsync(one.Name, one.Head.Number), Is.EqualTo(one.Head));
            Assert.That((await witness.HistoryAsync(one.Name))[^1], Is.EqualTo(one.Head));
        }

        Assert.That(transaction.Versions, Is.EqualTo(made));
        Assert.That(await StatusOf(async () => await transaction.CommitAsync()), Is.EqualTo(ZkArrowStatus.InvalidArgument), "committed once");
    }

    [Test]
    public async Task An_expected_version_refuses_all_and_names_the_dataset_and_the_winner()
    {
        ZkArrowClient client = await ConnectAsync();
        ZkArrowClient rival = await ConnectAsync();
        await client.PublishAsync("a", Int64(0, 1), OnHost);
        await client.PublishAsync("b", Int64(0, 1), OnHost);
        using ZkArrowTransaction transaction = client.BeginTransaction();
        await transaction.PublishAsync("a", Int64(1, 1), OnHost);
        await transaction.PublishAsync("b", Int64(1, 1), OnHost with { ExpectedVersion = 1 });
        DatasetVersion winner = await rival.PublishAsync("b", Int64(2, 1), OnHost);
        ZkArrowException e = (await Assert.ThrowsAsync<ZkArrowException>(async () => await transaction.CommitAsync()))!;
        Assert.That(e.Status, Is.EqualTo(ZkArrowStatus.Conflict));
        Assert.That(e.Message, Does.Contain("'b'").And.Contain(winner.CommitId).And.Contain(winner.Author));
        Assert.That((await client.StatAsync("a")).Number, Is.EqualTo(1), "nothing of it is visible");
        transaction.Dispose();
        Assert.That(Segments(), Has.Length.EqualTo(3));
    }

    [Test]
    public async Task Without_an_expected_version_it_is_committed_on_whatever_the_heads_are_by_then()
    {
        ZkArrowClient client = await ConnectAsync();
        ZkArrowClient rival = await ConnectAsync();
        await client.PublishAsync("a", Int64(0, 1), OnHost);
        using ZkArrowTransaction transaction = client.BeginTransaction();
        await transaction.PublishAsync("a", Int64(1, 1), OnHost);
        await transaction.AppendAsync("b", Int64(1, 1), OnHost);
        await transaction.PublishAsync("c", Int64(1, 1), OnHost);
        for (int i = 0; i < 3; i++)
            await rival.PublishAsync("a", Int64(2, 1), OnHost);
        await rival.PublishAsync("b", Int64(7, 1), OnHost);
        await rival.PublishAsync("c", Int64(7, 1), OnHost);
        await rival.DropAsync("c");
        IReadOnlyList<DatasetInfo> made = await transaction.CommitAsync();
        Assert.That(made.Select(one => one.Head.Number), Is.EqualTo(new[] { 5L, 2L, 1L }));
        using ZkArrowTable appended = await rival.ReadAsync("b");
        Assert.That(await ValuesAsync(appended), Is.EqualTo(new[] { 7L, 1L }), "the rows behind those of the rival");
    }

    [Test]
    public async Task What_cannot_be_in_a_transaction_is_refused_and_leaves_the_rest()
    {
        ZkArrowClient client = await ConnectAsync();
        ZkArrowTransaction transaction = client.BeginTransaction();
        await transaction.PublishAsync("a", Int64(0, 1), OnHost);
        Assert.That(await StatusOf(async () => await transaction.PublishAsync("a", Int64(0, 1))), Is.EqualTo(ZkArrowStatus.InvalidArgument), "each once");
        Assert.That(await StatusOf(async () => await transaction.PublishAsync("", Int64(0, 1))), Is.EqualTo(ZkArrowStatus.InvalidArgument));
        Assert.That(await StatusOf(async () => await transaction.PublishAsync("b", Int64(0, 1), new PublishOptions { ExpectedVersion = 3 })), Is.EqualTo(ZkArrowStatus.NotFound));
        Assert.That(await StatusOf(async () => await transaction.AppendAsync("b", Int64(0, 1), new PublishOptions { Residency = Residency.Inline })), Is.EqualTo(ZkArrowStatus.InvalidArgument));
        PublishOptions inline = new() { Residency = Residency.Inline };
        await transaction.PublishAsync("large/1", Int64(0, 60_000), inline);
        ZkArrowException e = (await Assert.ThrowsAsync<ZkArrowException>(async () => await transaction.PublishAsync("large/2", Int64(0, 60_000), inline)))!;
        Assert.That((e.Status, e.Message.Contains("large/2", StringComparison.Ordinal)), Is.EqualTo((ZkArrowStatus.TooLarge, true)));
        Assert.That((await transaction.CommitAsync()).Select(one => one.Name), Is.EqualTo(new[] { "a", "large/1" }));
        transaction.Dispose();
        using (ZkArrowTransaction empty = client.BeginTransaction())
            Assert.That(await empty.CommitAsync(), Is.Empty);
        Assert.That(async () => await transaction.CommitAsync(), Throws.TypeOf<ObjectDisposedException>());
    }

    [Test]
    public async Task A_dataset_that_has_an_owner_is_only_in_its_owners_transactions()
    {
        ZkArrowClient client = await ConnectAsync();
        ZkArrowClient rival = await ConnectAsync();
        await using ZkArrowOwner owner = await client.AcquireOwnershipAsync("owned");
        using (ZkArrowTransaction refused = rival.BeginTransaction())
        {
            await refused.PublishAsync("free", Int64(0, 1), OnHost);
            Assert.That(await StatusOf(async () => await refused.PublishAsync("owned", Int64(0, 1), OnHost)), Is.EqualTo(ZkArrowStatus.NotOwner));
        }

        using ZkArrowTransaction late = client.BeginTransaction();
        await late.PublishAsync("owned", Int64(1, 1), OnHost with { Owner = owner });
        await late.PublishAsync("free", Int64(1, 1), OnHost);
        using (ZkArrowTransaction transaction = client.BeginTransaction())
        {
            await transaction.PublishAsync("owned", Int64(2, 1), OnHost with { Owner = owner });
            await transaction.PublishAsync("free", Int64(2, 1), OnHost);
            IReadOnlyList<DatasetInfo> made = await transaction.CommitAsync();
            Assert.That(made.Select(one => one.Head.Epoch), Is.EqualTo(new[] { owner.Epoch, 0L }));
        }

        await owner.ReleaseAsync();
        await using ZkArrowOwner next = await rival.AcquireOwnershipAsync("owned");
        Assert.That(await StatusOf(async () => await late.CommitAsync()), Is.EqualTo(ZkArrowStatus.Fenced).Or.EqualTo(ZkArrowStatus.NotOwner));
        Assert.That((await rival.StatAsync("free")).Number, Is.EqualTo(1), "nothing of the late one is visible");
    }

    [Test]
    public async Task A_hundred_datasets_are_made_and_advanced_at_once_and_256_are_the_most()
    {
        ZkArrowClient client = await ConnectAsync();
        for (int round = 1; round <= 2; round++)
        {
            using ZkArrowTransaction transaction = client.BeginTransaction();
            for (int i = 0; i < MaxDatasets; i++)
                await transaction.PublishAsync($"many/{i}", Int64(round, 1));
            Assert.That(await StatusOf(async () => await transaction.PublishAsync("one/more", Int64(0, 1))), Is.EqualTo(ZkArrowStatus.TooLarge));
            IReadOnlyList<DatasetInfo> made = await transaction.CommitAsync();
            Assert.That(made.Select(one => one.Head.CommitNumber).Distinct().Count(), Is.EqualTo(1));
            Assert.That(made.Select(one => one.Head.Number), Is.All.EqualTo(round));
        }

        using ZkArrowSnapshot all = await client.SnapshotAsync();
        Assert.That(all.Versions, Has.Count.EqualTo(MaxDatasets));
        Assert.That(all.Versions.Values.Select(version => version.CommitNumber), Is.All.EqualTo(all.CommitNumber));
    }

    [Test]
    public async Task Transactions_of_many_clients_over_the_same_datasets_are_each_applied_once()
    {
        ZkArrowClient[] clients = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => ConnectAsync()));
        await Task.WhenAll(clients.Select(async client =>
        {
            for (int i = 0; i < 25; i++)
            {
                using ZkArrowTransaction transaction = client.BeginTransaction();
                await transaction.PublishAsync("a", Int64(i, 1));
                await transaction.AppendAsync("b", Int64(i, 1));
                await transaction.CommitAsync();
            }
        }));
        IReadOnlyList<DatasetVersion> a = await clients[0].HistoryAsync("a"), b = await clients[0].HistoryAsync("b");
        Assert.That(a.Select(version => version.Number), Is.EqualTo(Enumerable.Range(1, 100).Select(i => (long)i)));
        Assert.That(a.Select(version => version.CommitId), Is.EqualTo(b.Select(version => version.CommitId)));
        Assert.That(b[^1].Rows, Is.EqualTo(100));
    }

    [Test]
    public async Task A_commit_whose_answer_was_lost_is_found_for_all_parts()
    {
        await using ChaosProxy proxy = new(Server.Port);
        ZkArrowClient client = await ConnectAsync(url: Url.Replace(Server.ConnectString, proxy.ConnectString, StringComparison.Ordinal));
        ZkArrowClient witness = await ConnectAsync();
        await client.PublishAsync("a", Int64(0, 1), OnHost);
        await client.PublishAsync("b", Int64(0, 1), OnHost);
        for (int i = 2; i <= 11; i++)
        {
            using ZkArrowTransaction transaction = client.BeginTransaction();
            await transaction.PublishAsync("a", Int64(i, 1), OnHost);
            await transaction.PublishAsync("b", Int64(i, 1), OnHost);
            await transaction.PublishAsync($"new/{i}", Int64(i, 1), OnHost);

            // the answer of the commit, or of what makes room for the new dataset before it
            proxy.LoseReply(1 + (i % 4));
            IReadOnlyList<DatasetInfo> made = await transaction.CommitAsync();
            Assert.That(made.Select(one => one.Head.Number), Is.EqualTo(new[] { i, i, 1L }));
            Assert.That(made.Select(one => one.Head.CommitNumber), Is.All.EqualTo((await witness.HistoryAsync("a"))[^1].CommitNumber));
        }

        IReadOnlyList<DatasetVersion> a = await witness.HistoryAsync("a"), b = await witness.HistoryAsync("b");
        Assert.That(a.Select(version => version.Number), Is.EqualTo(Enumerable.Range(1, 11).Select(i => (long)i)), "each applied once");
        Assert.That(a.Skip(1).Select(version => version.CommitId), Is.EqualTo(b.Skip(1).Select(version => version.CommitId)));
    }

    [Test]
    public async Task A_commit_whose_answer_was_lost_is_found_though_others_followed()
    {
        await using ChaosProxy proxy = new(Server.Port);
        ZkArrowClient client = await ConnectAsync(url: Url.Replace(Server.ConnectString, proxy.ConnectString, StringComparison.Ordinal));
        ZkArrowClient witness = await ConnectAsync();
        await client.PublishAsync("a", Int64(0, 1), OnHost);
        await client.PublishAsync("b", Int64(0, 1), OnHost);
        using ZkArrowTransaction transaction = client.BeginTransaction();
        await transaction.PublishAsync("a", Int64(1, 1), OnHost);
        await transaction.PublishAsync("b", Int64(1, 1), OnHost);
        proxy.LoseReply();
        proxy.Refusing = true;
        Task<IReadOnlyList<DatasetInfo>> commit = transaction.CommitAsync().AsTask();
        await Eventually.TrueAsync(
            async () =>
            {
                using ZkArrowTable table = await witness.ReadAsync("b", new ReadOptions { Strict = true });
                return table.Version.Number == 2;
            },
            "the commit is applied");

        // 40 are more than the head remembers: of this dataset alone it could not be told
        for (int i = 0; i < 40; i++)
            await witness.PublishAsync("a", Int64(7, 1));
        await witness.PublishAsync("b", Int64(7, 1));
        proxy.Refusing = false;
        Assert.That((await commit).Select(one => one.Head.Number), Is.EqualTo(new[] { 2L, 2L }));
        Assert.That((await witness.HistoryAsync("b"))[1], Is.EqualTo(transaction.Versions[1].Head));
    }

    [Test]
    public async Task A_commit_that_ends_at_its_deadline_says_that_it_may_be_applied_and_keeps_its_segments()
    {
        await using ChaosProxy proxy = new(Server.Port);
        ZkArrowClient client = await ConnectAsync(
            o => o with { OperationTimeout = TimeSpan.FromSeconds(2) }, Url.Replace(Server.ConnectString, proxy.ConnectString, StringComparison.Ordinal));
        ZkArrowClient witness = await ConnectAsync();
        await client.PublishAsync("a", Int64(0, 1), OnHost);
        await client.PublishAsync("b", Int64(0, 1), OnHost);
        using (ZkArrowTransaction transaction = client.BeginTransaction())
        {
            await transaction.PublishAsync("a", Int64(1, 1), OnHost);
            await transaction.PublishAsync("b", Int64(1, 1), OnHost);
            proxy.Refusing = true;
            proxy.LoseReply();
            ZkArrowException e = (await Assert.ThrowsAsync<ZkArrowException>(async () => await transaction.CommitAsync()))!;
            Assert.That((e.Status, e.IsOutcomeUnknown), Is.EqualTo((ZkArrowStatus.Unavailable, true)));
            e = (await Assert.ThrowsAsync<ZkArrowException>(async () => await transaction.CommitAsync()))!;
            Assert.That((e.Status, e.Message.Contains("outcome is unknown", StringComparison.Ordinal)), Is.EqualTo((ZkArrowStatus.InvalidArgument, true)));
        }

        using ZkArrowSnapshot cut = await witness.SnapshotAsync(["a", "b"]);
        foreach (string name in (string[])["a", "b"])
        {
            using ZkArrowTable table = cut.Read(name);
            Assert.That(await ValuesAsync(table), Is.EqualTo(new[] { 1L }), "it was applied, and its bytes are there");
        }
    }

    [Test]
    public async Task A_process_that_dies_before_the_commit_leaves_what_the_next_sweep_removes()
    {
        ZkArrowClient client = await ConnectAsync();
        await client.PublishAsync("a", Int64(0, 1), OnHost);
        ZkArrowTransaction transaction = client.BeginTransaction();
        await transaction.PublishAsync("a", Int64(1, 1), OnHost);
        await transaction.PublishAsync("b", Int64(1, 1), OnHost);
        Assert.That(Segments(), Has.Length.EqualTo(3));
        Assert.That(await client.SweepAsync(TimeSpan.Zero), Is.Zero, "what is staged is pinned");
        Dictionary<string, byte[]> left = Segments().ToDictionary(file => file, File.ReadAllBytes);
        transaction.Dispose();
        Assert.That(Segments(), Has.Length.EqualTo(1));
        foreach ((string file, byte[] bytes) in left.Where(file => !File.Exists(file.Key)))
        {
            // as the dead leave it: the file without its pin
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            await File.WriteAllBytesAsync(file, bytes);
        }

        Assert.That(await client.SweepAsync(TimeSpan.Zero), Is.EqualTo(2));
        Assert.That(Segments(), Has.Length.EqualTo(1));
        Assert.That((await client.StatAsync("a")).Number, Is.EqualTo(1));
    }

    private string[] Segments() => Directory.GetFiles(DataDirectory, "*.arrow", SearchOption.AllDirectories);
}
