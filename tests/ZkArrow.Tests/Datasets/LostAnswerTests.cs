using NUnit.Framework;
using ZkArrow.Testing;

namespace ZkArrow.Tests.Datasets;

/// <summary>The commit is applied and its answer is lost: it must be found, and never be made twice.</summary>
[TestFixture]
public sealed class LostAnswerTests : DatasetFixture
{
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
    public async Task A_dataset_whose_making_was_not_answered_is_made_once()
    {
        ZkArrowClient client = await ConnectAsync(url: ProxyUrl);
        ZkArrowClient witness = await ConnectAsync();

        // the schema and the buckets are known afterwards, so that the next lost reply is that of the commit
        for (int i = 0; i < 300; i++)
            await client.PublishAsync($"warm/{i}", Int64(0, 1));
        for (int i = 0; i < 10; i++)
            Assert.That((await PublishLosingAsync(client, $"new/{i}")).Number, Is.EqualTo(1));

        Assert.That((await witness.ListAsync("new/")).Select(d => d.Head.Number), Is.EqualTo(Enumerable.Repeat(1L, 10)));
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

    private async Task<DatasetVersion> PublishLosingAsync(ZkArrowClient client, string name)
    {
        // a look first, so that nothing but the commit is left to send
        await Assert.CatchAsync<ZkArrowException>(async () => await client.StatAsync(name));
        _proxy.LoseReply();
        return await client.PublishAsync(name, Int64(0, 1), new PublishOptions { ExpectedVersion = 0 });
    }
}
