using NUnit.Framework;
using ZkArrow.Testing;

namespace ZkArrow.Tests.Datasets;

/// <summary>Tags, metadata, audit fields and descriptions.</summary>
[TestFixture]
public sealed class HistoryTests : DatasetFixture
{
    private static readonly PublishOptions Host = new() { Residency = Residency.Host };

    [Test]
    public async Task A_history_tells_where_each_version_comes_from()
    {
        ZkArrowClient client = await ConnectAsync(o => o with { CodeTag = "pricer@abc123" });
        DatasetVersion first = await client.PublishAsync("a", Int64(0, 1), new PublishOptions { Metadata = new Dictionary<string, string> { ["run"] = "nightly\nü" }, Tags = ["good"] });
        DatasetVersion second = await client.AppendAsync("a", Int64(1, 1));
        IReadOnlyList<DatasetVersion> history = await client.HistoryAsync("a");
        Assert.That(history.Select(v => v.Number), Is.EqualTo(new[] { 1L, 2L }));
        Assert.That(history[0], Is.EqualTo(first));
        Assert.That(history[0].Metadata, Is.EqualTo(new Dictionary<string, string> { ["run"] = "nightly\nü" }));
        Assert.That(history[0].Tags, Is.EqualTo(new[] { "good" }));
        Assert.That((history[0].ParentCommitId, history[1].ParentCommitId), Is.EqualTo(((string?)null, first.CommitId)));
        Assert.That(history[1].CodeTag, Is.EqualTo("pricer@abc123"));
        Assert.That((second.ProcessId, second.Host), Is.EqualTo((Environment.ProcessId, Environment.MachineName)));
    }

    [Test]
    public async Task A_tag_names_one_version_moves_and_protects_it()
    {
        ZkArrowClient client = await ConnectAsync();
        ZkArrowClient other = await ConnectAsync();
        await client.PublishAsync("a", Int64(1, 1), Host with { Tags = ["stable", "first"] });
        await other.PublishAsync("a", Int64(2, 2), Host with { Tags = ["stable"] });
        await client.PublishAsync("a", Int64(3, 3), Host);
        Assert.That(await RowsOfAsync(client, "stable"), Is.EqualTo(2));
        Assert.That(await RowsOfAsync(other, "first"), Is.EqualTo(1));
        ZkArrowException e = (await Assert.ThrowsAsync<ZkArrowException>(async () => await other.DropAsync("a", 1)))!;
        Assert.That((e.Status, e.Message), Is.EqualTo((ZkArrowStatus.Conflict, e.Message)));
        Assert.That(e.Message, Does.Contain("'first'"));
        await client.TagAsync("a", 3, "first");
        Assert.That(await RowsOfAsync(other, "first"), Is.EqualTo(3), "a tag made on this host is seen on this host");
        await other.DropAsync("a", 1);
        await client.UntagAsync("a", "stable");
        Assert.That(await StatusOf(() => client.UntagAsync("a", "stable").AsTask()), Is.EqualTo(ZkArrowStatus.NotFound));
        Assert.That(await StatusOf(() => RowsOfAsync(client, "stable")), Is.EqualTo(ZkArrowStatus.NotFound));
        Assert.That(await StatusOf(() => client.TagAsync("a", 1, "gone").AsTask()), Is.EqualTo(ZkArrowStatus.NotFound));
        DatasetDescription description = await other.DescribeAsync("a");
        Assert.That(description.Tags, Is.EqualTo(new Dictionary<string, long> { ["first"] = 3 }));
        Assert.That((description.Head!.Number, description.Versions, description.IsOwned), Is.EqualTo((3L, 2L, false)));
    }

    [Test]
    public async Task A_dataset_is_configured_before_its_first_version_and_says_so()
    {
        ZkArrowClient client = await ConnectAsync();
        await client.ConfigureAsync("a", new DatasetOptions
        {
            Retention = new Retention { Versions = 3, Age = TimeSpan.FromHours(1), Bytes = 1 << 20 },
            SchemaPolicy = SchemaPolicy.Full,
            TimeToLive = TimeSpan.FromMinutes(5),
        });
        DatasetDescription made = await client.DescribeAsync("a");
        Assert.That((made.Head, made.Versions, made.Bytes), Is.EqualTo(((DatasetVersion?)null, 0L, 0L)));
        Assert.That(made.Retention, Is.EqualTo(new Retention { Versions = 3, Age = TimeSpan.FromHours(1), Bytes = 1 << 20 }));
        Assert.That((made.SchemaPolicy, made.Lifetime, made.TimeToLive), Is.EqualTo((SchemaPolicy.Full, Lifetime.Ttl, (TimeSpan?)TimeSpan.FromMinutes(5))));
        await client.ConfigureAsync("a", new DatasetOptions { Retention = Retention.KeepAll, TimeToLive = TimeSpan.Zero });
        DatasetDescription changed = await client.DescribeAsync("a");
        Assert.That(changed.Retention, Is.EqualTo(Retention.KeepAll));
        Assert.That((changed.SchemaPolicy, changed.Lifetime), Is.EqualTo((SchemaPolicy.Full, Lifetime.Persistent)), "what is not named stays");
        await client.PublishAsync("a", Int64(0, 1), new PublishOptions { ExpectedVersion = 0 });
        Assert.That(await StatusOf(() => client.DescribeAsync("b").AsTask()), Is.EqualTo(ZkArrowStatus.NotFound));
    }

    [Test]
    public async Task What_is_attached_is_bounded()
    {
        static ZkArrowStatus Refused(Action make) => Assert.Throws<ZkArrowException>(() => make())!.Status;
        Assert.That(Refused(() => _ = new PublishOptions { Tags = [""] }), Is.EqualTo(ZkArrowStatus.InvalidArgument));
        Assert.That(Refused(() => _ = new PublishOptions { Tags = [new string('x', 129)] }), Is.EqualTo(ZkArrowStatus.InvalidArgument));
        Assert.That(Refused(() => _ = new PublishOptions { Metadata = new Dictionary<string, string> { ["k"] = new('x', 4096) } }), Is.EqualTo(ZkArrowStatus.InvalidArgument));
        Assert.That(Refused(() => _ = new ZkArrowOptions { CodeTag = "a\nb" }), Is.EqualTo(ZkArrowStatus.InvalidArgument));
        ZkArrowClient client = await ConnectAsync();
        for (int i = 0; i < 4; i++)
            await client.PublishAsync("a", Int64(0, 1), new PublishOptions { Tags = [.. Enumerable.Range(i * 64, 64).Select(n => $"t{n}")] });
        Assert.That(await StatusOf(() => client.TagAsync("a", 1, "one too many").AsTask()), Is.EqualTo(ZkArrowStatus.TooLarge));
    }

    [Test]
    public async Task Changes_whose_answers_are_lost_are_made_once()
    {
        await using ChaosProxy proxy = new(Server.Port);
        ZkArrowClient client = await ConnectAsync(url: Url.Replace(Server.ConnectString, proxy.ConnectString, StringComparison.Ordinal));
        ZkArrowClient witness = await ConnectAsync();
        await client.PublishAsync("a", Int64(1, 1));
        await client.PublishAsync("a", Int64(2, 1));
        for (int i = 0; i < 20; i++)
        {
            // a tag that is made, its answer lost, and moved by another: it is not made again behind the other's back
            proxy.LoseReply(1 + (i % 8));
            await client.TagAsync("a", 1, $"t{i}");
            await witness.TagAsync("a", 2, $"t{i}");
            proxy.LoseReply(1 + (i % 3));
            await client.PublishAsync("a", Int64(i, 1), new PublishOptions { Tags = [$"p{i}"], ExpectedVersion = i + 2 });
            proxy.LoseReply(1 + (i % 8));
            await client.UntagAsync("a", $"p{i}");
            proxy.LoseReply(1 + (i % 8));
            await client.ConfigureAsync("a", new DatasetOptions { Retention = new Retention { Versions = 100 + i } });
        }

        DatasetDescription end = await witness.DescribeAsync("a");
        Assert.That(end.Tags, Is.EqualTo(Enumerable.Range(0, 20).ToDictionary(i => $"t{i}", _ => 2L)));
        Assert.That((end.Head!.Number, end.Retention.Versions), Is.EqualTo((22L, (long?)119)));
    }

    private static async Task<long> RowsOfAsync(ZkArrowClient client, string tag)
    {
        using ZkArrowTable table = await client.ReadAsync("a", new ReadOptions { Tag = tag });
        return table.RowCount;
    }
}
