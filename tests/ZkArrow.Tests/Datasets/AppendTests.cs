using System.Text;
using Apache.Arrow;
using Apache.Arrow.Types;
using NUnit.Framework;
using ZkArrow.Coordination;
using ZkArrow.Datasets;
using ZkArrow.ZooKeeper;

namespace ZkArrow.Tests.Datasets;

[TestFixture]
public sealed class AppendTests : DatasetFixture
{
    private static readonly PublishOptions OnHost = new() { Residency = Residency.Host };

    [Test]
    public async Task Appending_makes_a_dataset_and_then_versions_of_it()
    {
        ZkArrowClient client = await ConnectAsync();
        Assert.That((await client.AppendAsync("a", Int64(0, 3))).Number, Is.EqualTo(1));
        DatasetVersion second = await client.AppendAsync("a", Int64(3, 2));
        Assert.That(second, Is.EqualTo(await client.StatAsync("a")));
        Assert.That((second.Number, second.Rows, second.Residency), Is.EqualTo((2, 5, Residency.Inline)));
        Assert.That(await ReadAsync(client), Is.EqualTo(Range(5)));
        Assert.That(await ReadAsync(client, 1), Is.EqualTo(Range(3)));
    }

    [Test]
    public async Task Only_the_new_rows_are_written()
    {
        ZkArrowClient client = await ConnectAsync();
        DatasetVersion first = await client.PublishAsync("a", Int64(0, 100_000), OnHost);
        long before = BytesInDirectory();
        DatasetVersion second = await client.AppendAsync("a", Int64(100_000, 10));
        Assert.That(BytesInDirectory() - before, Is.LessThan(4096));
        Assert.That(second.Bytes - first.Bytes, Is.EqualTo(BytesInDirectory() - before));
        ZkArrowClient reader = await ConnectAsync();
        using ZkArrowTable table = await reader.ReadAsync("a");
        Assert.That(table.IsZeroCopy);
        Assert.That(await ValuesAsync(table), Is.EqualTo(Range(100_010)));
    }

    [Test]
    public async Task A_small_inline_table_that_outgrows_the_coordinator_moves_to_shared_memory()
    {
        ZkArrowClient client = await ConnectAsync();
        await client.PublishAsync("a", Int64(0, 10));
        DatasetVersion grown = await client.AppendAsync("a", Int64(10, 100_000));
        Assert.That((grown.Residency, grown.Rows), Is.EqualTo((Residency.Host, 100_010)));
        Assert.That(await ReadAsync(client), Is.EqualTo(Range(100_010)));
    }

    [Test]
    public async Task A_hundred_appends_keep_every_row_in_few_segments()
    {
        ZkArrowClient client = await ConnectAsync();
        for (int i = 0; i < 100; i++)
            await client.AppendAsync("a", Int64(i * 7, 7), OnHost);
        Assert.That(await ReadAsync(client), Is.EqualTo(Range(700)));
        Assert.That(await ReadAsync(client, 33), Is.EqualTo(Range(33 * 7)));
        await using ZkClient tree = await TreeAsync();
        string head = Encoding.UTF8.GetString((await tree.GetDataAsync(Layout.Head(Incarnation()))).Data);
        Assert.That(head.Split(".arrow").Length - 1, Is.InRange(1, AppendDrafts.MaxSegments));
    }

    [Test]
    public async Task What_a_dropped_version_shared_stays_until_nothing_names_it()
    {
        ZkArrowClient client = await ConnectAsync();
        for (int i = 0; i < 4; i++)
            await client.AppendAsync("a", Int64(i * 5, 5), OnHost);
        Assert.That(Files(), Is.EqualTo(4));
        foreach (long version in new long[] { 2, 1, 3 })
        {
            await client.DropAsync("a", version);
            Assert.That(await client.SweepAsync(TimeSpan.Zero), Is.Zero);
            Assert.That(Files(), Is.EqualTo(4));
            Assert.That(await ReadAsync(client), Is.EqualTo(Range(20)));
        }

        await client.PublishAsync("a", Int64(0, 1), OnHost);
        Assert.That(Files(), Is.EqualTo(5));
        await client.DropAsync("a", 4);
        Assert.That(Files(), Is.EqualTo(1));
        await client.DropAsync("a");
        Assert.That(Files(), Is.Zero);
    }

    [Test]
    public async Task The_sweep_takes_what_a_dropper_that_died_left_behind()
    {
        ZkArrowClient client = await ConnectAsync();
        await client.AppendAsync("a", Int64(0, 5), OnHost);
        await client.AppendAsync("a", Int64(5, 5), OnHost);
        await client.PublishAsync("a", Int64(0, 5), OnHost);
        await using ZkClient tree = await TreeAsync();
        Guid inc = Incarnation();
        await tree.DeleteAsync(Layout.Version(inc, 1));
        Assert.That(await client.SweepAsync(TimeSpan.Zero), Is.Zero, "version 2 names both");
        await tree.DeleteAsync(Layout.Version(inc, 2));
        Assert.That(await client.SweepAsync(TimeSpan.Zero), Is.EqualTo(2));
        Assert.That(await ReadAsync(client), Is.EqualTo(Range(5)));
    }

    [Test]
    public async Task Writers_that_append_at_once_lose_no_row()
    {
        ZkArrowClient[] writers = [await ConnectAsync(), await ConnectAsync(), await ConnectAsync()];
        await Task.WhenAll(writers.Select((client, w) => Task.Run(async () =>
        {
            for (int i = 0; i < 40; i++)
                await client.AppendAsync("a", Int64((w * 40) + i, 1), i % 2 == 0 ? OnHost : null);
        })));
        Assert.That((await ReadAsync(writers[0])).Order(), Is.EqualTo(Range(120)));
        Assert.That((await writers[0].StatAsync("a")).Number, Is.EqualTo(120));
        Assert.That(await writers[1].SweepAsync(TimeSpan.Zero), Is.Zero);
    }

    [Test]
    public async Task Two_who_both_meant_to_make_the_dataset_lose_no_row()
    {
        ZkArrowClient host = await ConnectAsync();
        ZkArrowClient inline = await ConnectAsync();
        for (int i = 0; i < 60; i++)
        {
            string name = $"t{i}";
            await Task.WhenAll(host.AppendAsync(name, Int64(0, 1), OnHost).AsTask(), inline.AppendAsync(name, Int64(1, 1)).AsTask());
            using ZkArrowTable table = await host.ReadAsync(name);
            Assert.That((await ValuesAsync(table)).Order(), Is.EqualTo(Range(2)));
        }
    }

    [Test]
    public async Task Another_schema_another_version_or_inline_is_refused_and_nothing_changes()
    {
        ZkArrowClient client = await ConnectAsync();
        await client.PublishAsync("a", Int64(0, 5), OnHost);
        using RecordBatch other = new(new Schema([new Field("y", Int64Type.Default, false)], null), [new Int64Array.Builder().Append(1).Build()], 1);
        Assert.That(await StatusOf(async () => await client.AppendAsync("a", other)), Is.EqualTo(ZkArrowStatus.SchemaMismatch));
        Assert.That(await StatusOf(async () => await client.AppendAsync("a", Int64(0, 1), new PublishOptions { ExpectedVersion = 3 })), Is.EqualTo(ZkArrowStatus.Conflict));
        Assert.That(await StatusOf(async () => await client.AppendAsync("a", Int64(0, 1), new PublishOptions { ExpectedVersion = 0 })), Is.EqualTo(ZkArrowStatus.AlreadyExists));
        Assert.That(await StatusOf(async () => await client.AppendAsync("a", Int64(0, 1), new PublishOptions { Residency = Residency.Inline })), Is.EqualTo(ZkArrowStatus.InvalidArgument));
        Assert.That((await client.StatAsync("a")).Number, Is.EqualTo(1));
        Assert.That(Files(), Is.EqualTo(1));
    }

    [Test]
    public void Segments_are_merged_from_the_end_when_there_are_too_many()
    {
        SegmentRecord[] Sizes(params long[] bytes) => [.. bytes.Select(size => new SegmentRecord("x", size, 1))];
        Assert.Multiple(() =>
        {
            Assert.That(AppendDrafts.Keep(Sizes([.. Enumerable.Repeat(1L, 15)]), 1), Is.EqualTo(15), "few");
            Assert.That(AppendDrafts.Keep(Sizes([.. Enumerable.Repeat(1L, 16)]), 1), Is.Zero, "all are small");
            Assert.That(AppendDrafts.Keep(Sizes([1000, .. Enumerable.Repeat(1L, 15)]), 1), Is.EqualTo(1), "the large one stays");
            Assert.That(AppendDrafts.Keep(Sizes([.. Enumerable.Range(0, 16).Select(i => 1L << (40 - (2 * i)))]), 1), Is.EqualTo(15), "one at least");
        });
    }

    private ZnodeLayout Layout => new(new Uri(Url).AbsolutePath);

    private Guid Incarnation() => Guid.ParseExact(new FileInfo(SegmentFiles()[0]).Directory!.Name, "N");

    private ValueTask<ZkClient> TreeAsync() => ZkClient.ConnectAsync(new ZkClientOptions { ConnectString = Server.ConnectString });

    private static IEnumerable<long> Range(int count) => Enumerable.Range(0, count).Select(i => (long)i);

    private static async Task<long[]> ReadAsync(ZkArrowClient client, long version = 0)
    {
        using ZkArrowTable table = await client.ReadAsync("a", new ReadOptions { Version = version });
        return await ValuesAsync(table);
    }

    private int Files() => SegmentFiles().Length;

    private long BytesInDirectory() => SegmentFiles().Sum(file => new FileInfo(file).Length);

    private string[] SegmentFiles() => Directory.GetFiles(DataDirectory, "*.arrow", SearchOption.AllDirectories);
}
