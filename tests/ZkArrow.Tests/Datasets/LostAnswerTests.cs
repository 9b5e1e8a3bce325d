using Apache.Arrow;
using Apache.Arrow.Types;
using NUnit.Framework;
using ZkArrow.Testing;
using ZkArrow.ZooKeeper;

namespace ZkArrow.Tests.Datasets;

/// <summary>The commit is applied and its answer is lost: it must be found, and never be made twice.</summary>
[TestFixture]
public sealed class LostAnswerTests : DatasetFixture
{
    /// <summary>What a publish of an unknown name asks first: a sync and the name.</summary>
    private const int RepliesBeforeMaking = 2;

    /// <summary>What a drop asks first: a sync, the name, the head and the owner.</summary>
    private const int RepliesBeforeDrop = 4;

    private ChaosProxy _proxy = null!;

    [SetUp]
    public void StartProxy() => _proxy = new ChaosProxy(Server.Port);

    [TearDown]
    public async Task StopProxy() => await _proxy.DisposeAsync();

    [TestCase(Residency.Host)]
    [TestCase(Residency.Inline)]
    public async Task A_publish_whose_answer_was_lost_is_reported_done_once(Residency residency)
    {
        ZkArrowClient client = await ConnectAsync(url: ProxyUrl);
        ZkArrowClient witness = await ConnectAsync();
        await client.PublishAsync("a", Int64(0, 1), new PublishOptions { Residency = residency });
        for (int i = 2; i <= 20; i++)
        {
            _proxy.LoseReply();
            DatasetVersion version = await client.PublishAsync("a", Int64(i, 1), new PublishOptions { Residency = residency, ExpectedVersion = i - 1 });
            Assert.That(version.Number, Is.EqualTo(i));
        }

        IReadOnlyList<DatasetVersion> history = await witness.HistoryAsync("a");
        Assert.That(history.Select(v => v.Number), Is.EqualTo(Enumerable.Range(1, 20).Select(i => (long)i)));
        Assert.That(history.Select(v => v.CommitId).Distinct().Count(), Is.EqualTo(20));
        foreach (DatasetVersion version in history)
        {
            using ZkArrowTable table = await witness.ReadAsync("a", new ReadOptions { Version = version.Number });
            Assert.That(table.Version, Is.EqualTo(version));
        }
    }

    [Test]
    public async Task A_publish_whose_answer_was_lost_reports_its_own_version_though_others_followed()
    {
        ZkArrowClient client = await ConnectAsync(url: ProxyUrl);
        ZkArrowClient witness = await ConnectAsync();
        await client.PublishAsync("a", Int64(1, 1));
        _proxy.LoseReply();
        _proxy.Refusing = true;
        Task<DatasetVersion> publish = client.PublishAsync("a", Int64(2, 2), new PublishOptions { ExpectedVersion = 1 }).AsTask();
        await Eventually.TrueAsync(async () => await HeadAsync(witness, "a") == 2, "the publish is applied");
        await witness.PublishAsync("a", Int64(3, 3));
        await witness.PublishAsync("a", Int64(4, 4));
        _proxy.Refusing = false;
        DatasetVersion version = await publish;
        Assert.That((version.Number, version.Rows), Is.EqualTo((2L, 2L)));
    }

    [Test]
    public async Task A_dataset_whose_making_was_not_answered_is_made_once()
    {
        ZkArrowClient client = await ConnectAsync(url: ProxyUrl);
        ZkArrowClient witness = await ConnectAsync();
        await MakeBucketsAsync(client);
        for (int i = 0; i < 10; i++)
        {
            _proxy.LoseReply(RepliesBeforeMaking + 1);
            Assert.That((await client.PublishAsync($"new/{i}", Int64(0, 1), new PublishOptions { ExpectedVersion = 0 })).Number, Is.EqualTo(1));
        }

        Assert.That((await witness.ListAsync("new/")).Select(d => d.Head.Number), Is.EqualTo(Enumerable.Repeat(1L, 10)));
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task A_dataset_made_unanswered_and_dropped_since_is_not_made_again(bool rival)
    {
        ZkArrowClient client = await ConnectAsync(url: ProxyUrl);
        ZkArrowClient witness = await ConnectAsync();
        await MakeBucketsAsync(client);
        _proxy.LoseReply(RepliesBeforeMaking + 1);
        _proxy.Refusing = true;
        Task<DatasetVersion> publish = client.PublishAsync("new", Int64(2, 2), new PublishOptions { Residency = Residency.Host }).AsTask();
        await Eventually.TrueAsync(async () => await HeadAsync(witness, "new") == 1, "the publish is applied");
        await witness.DropAsync("new");
        if (rival)
            await witness.PublishAsync("new", Int64(9, 9), new PublishOptions { Residency = Residency.Host });
        _proxy.Refusing = false;
        DatasetVersion version = await publish;
        Assert.That((version.Number, version.Rows), Is.EqualTo((1L, 2L)), "it was applied, and is reported so");
        if (!rival)
        {
            Assert.That(await HeadAsync(witness, "new"), Is.Zero, "what was dropped stays dropped");
            return;
        }

        using ZkArrowTable table = await witness.ReadAsync("new", new ReadOptions { Strict = true });
        Assert.That((table.Version.Number, table.RowCount), Is.EqualTo((1L, 9L)), "the rival's dataset is untouched");
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task A_drop_whose_answer_was_lost_drops_nothing_else_and_leaves_nothing(bool madeAgain)
    {
        ZkArrowClient client = await ConnectAsync(url: ProxyUrl);
        ZkArrowClient witness = await ConnectAsync();
        await client.PublishAsync("a", Int64(1, 1), new PublishOptions { Residency = Residency.Host });
        _proxy.LoseReply(RepliesBeforeDrop + 1);
        _proxy.Refusing = true;
        Task drop = client.DropAsync("a").AsTask();
        await Eventually.TrueAsync(async () => await HeadAsync(witness, "a") == 0, "the drop is applied");
        if (madeAgain)
            await witness.PublishAsync("a", Int64(7, 7), new PublishOptions { Residency = Residency.Host, ExpectedVersion = 0 });
        _proxy.Refusing = false;
        await drop;
        Assert.That(await HeadAsync(witness, "a"), Is.EqualTo(madeAgain ? 1 : 0));
        Assert.That(Segments(), Has.Length.EqualTo(madeAgain ? 1 : 0));
    }

    [Test]
    public async Task A_drop_that_never_finished_is_finished_by_the_next_sweep()
    {
        ZkArrowClient client = await ConnectAsync(o => o with { OperationTimeout = TimeSpan.FromSeconds(2) }, ProxyUrl);
        ZkArrowClient witness = await ConnectAsync();
        await client.PublishAsync("a", Int64(1, 1), new PublishOptions { Residency = Residency.Host });
        _proxy.LoseReply(RepliesBeforeDrop + 1);
        _proxy.Refusing = true;
        ZkArrowException e = (await Assert.ThrowsAsync<ZkArrowException>(async () => await client.DropAsync("a")))!;
        Assert.That((e.Status, e.IsOutcomeUnknown), Is.EqualTo((ZkArrowStatus.Unavailable, true)));
        Assert.That(await HeadAsync(witness, "a"), Is.Zero);
        Assert.That(Segments(), Has.Length.EqualTo(1), "nobody collected it yet");
        await witness.SweepAsync(TimeSpan.FromHours(1));
        Assert.That(Segments(), Is.Empty);
    }

    [Test]
    public async Task A_deadline_while_only_a_schema_was_sent_is_no_unknown_outcome()
    {
        ZkArrowClient client = await ConnectAsync(o => o with { OperationTimeout = TimeSpan.FromSeconds(1) }, ProxyUrl);
        await client.PublishAsync("a", Int64(1, 1));
        using RecordBatch other = new(
            new Schema([new Field("other", Int64Type.Default, nullable: false)], null), [new Int64Array.Builder().Append(1).Build()], 1);
        _proxy.HoldReplies();
        ZkArrowException e = (await Assert.ThrowsAsync<ZkArrowException>(async () => await client.PublishAsync("a", other)))!;
        _proxy.ReleaseReplies();
        Assert.That((e.Status, e.IsOutcomeUnknown, e.IsRetryable), Is.EqualTo((ZkArrowStatus.Unavailable, false, true)));
    }

    [Test]
    public async Task A_publish_that_ends_at_its_deadline_says_that_it_may_be_applied_and_leaves_what_it_must()
    {
        ZkArrowClient client = await ConnectAsync(o => o with { OperationTimeout = TimeSpan.FromSeconds(2) }, ProxyUrl);
        ZkArrowClient witness = await ConnectAsync();
        await client.PublishAsync("a", Int64(1, 1), new PublishOptions { Residency = Residency.Host });
        _proxy.Refusing = true;
        _proxy.LoseReply();
        ZkArrowException e = (await Assert.ThrowsAsync<ZkArrowException>(async () =>
            await client.PublishAsync("a", Int64(2, 1), new PublishOptions { Residency = Residency.Host })))!;
        Assert.That(e.Status, Is.EqualTo(ZkArrowStatus.Unavailable));
        Assert.That(e.IsOutcomeUnknown, Is.True);
        Assert.That(e.Message, Does.Contain("may have been applied"));
        using ZkArrowTable table = await witness.ReadAsync("a", new ReadOptions { Strict = true });
        Assert.That(table.Version.Number, Is.EqualTo(2), "the server had applied it before the reply was lost");
        Assert.That((await ValuesAsync(table))[0], Is.EqualTo(2), "the segment of a commit that may be applied must not be removed");
    }

    [Test]
    public async Task Writers_behind_a_connection_that_is_cut_all_the_time_lose_and_repeat_nothing()
    {
        ZkArrowClient client = await ConnectAsync(url: ProxyUrl);
        ZkArrowClient rival = await ConnectAsync();
        ZkArrowClient witness = await ConnectAsync();
        using CancellationTokenSource done = new();
        Task cutting = Task.Run(async () =>
        {
            for (int i = 0; !done.IsCancellationRequested; i++)
            {
                if (i % 2 == 0)
                    _proxy.LoseReply(1 + (i % 5));
                else
                    _proxy.Cut();
                await Task.Delay(30);
            }
        });
        HashSet<string> acknowledged = [];
        await Task.WhenAll(((ZkArrowClient[])[client, rival]).Select(async writer =>
        {
            for (int i = 0; i < 60; i++)
            {
                DatasetVersion version = await writer.PublishAsync("a", Int64(i, 1));
                lock (acknowledged)
                    Assert.That(acknowledged.Add(version.CommitId), Is.True);
            }
        }));
        await done.CancelAsync();
        await cutting;
        IReadOnlyList<DatasetVersion> history = await witness.HistoryAsync("a");
        Assert.That(history.Select(v => v.Number), Is.EqualTo(Enumerable.Range(1, 120).Select(i => (long)i)));
        Assert.That(history.Select(v => v.CommitId), Is.EquivalentTo(acknowledged));
    }

    private string ProxyUrl => Url.Replace(Server.ConnectString, _proxy.ConnectString, StringComparison.Ordinal);

    private string[] Segments() => Directory.GetFiles(DataDirectory, "*.arrow", SearchOption.AllDirectories);

    private static async Task<long> HeadAsync(ZkArrowClient client, string name)
    {
        try
        {
            using ZkArrowTable table = await client.ReadAsync(name, new ReadOptions { Strict = true });
            return table.Version.Number;
        }
        catch (ZkArrowException e) when (e.Status == ZkArrowStatus.NotFound)
        {
            return 0;
        }
    }

    /// <summary>Publishes once for the schema, and makes every bucket, so that nothing but the commit is left to send.</summary>
    private async Task MakeBucketsAsync(ZkArrowClient client)
    {
        await client.PublishAsync("first", Int64(0, 1));
        await using ZkClient keeper = await ZkClient.ConnectAsync(new ZkClientOptions { ConnectString = Url["zk://".Length..] });
        await Task.WhenAll(((string[])["names", "d"]).SelectMany(place => Enumerable.Range(0, 256).Select(async bucket =>
        {
            try
            {
                await keeper.CreateAsync($"/zkarrow/{place}/{bucket:x2}", default);
            }
            catch (ZkNodeExistsException)
            {
                // made by the first publish
            }
        })));
    }
}
