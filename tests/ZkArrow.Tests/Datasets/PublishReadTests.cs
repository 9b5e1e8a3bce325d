using Apache.Arrow;
using Apache.Arrow.Types;
using NUnit.Framework;

namespace ZkArrow.Tests.Datasets;

[TestFixture]
public sealed class PublishReadTests : DatasetFixture
{
    [TestCase(Residency.Host)]
    [TestCase(Residency.Inline)]
    public async Task What_was_published_is_read_by_another_client(Residency residency)
    {
        ZkArrowClient writer = await ConnectAsync();
        ZkArrowClient reader = await ConnectAsync();
        DatasetVersion published = await writer.PublishAsync("prices/eod", Int64(5, 1000), new PublishOptions { Residency = residency });
        using ZkArrowTable table = await reader.ReadAsync("prices/eod");
        Assert.Multiple(() =>
        {
            Assert.That(published.Number, Is.EqualTo(1));
            Assert.That(published.Rows, Is.EqualTo(1000));
            Assert.That(table.Version, Is.EqualTo(published));
            Assert.That(table.IsZeroCopy, Is.EqualTo(residency == Residency.Host));
            Assert.That(table.CopyReason == null, Is.EqualTo(residency == Residency.Host));
            Assert.That(table.Schema.FieldsList[0].Name, Is.EqualTo("x"));
        });
        Assert.That(await ValuesAsync(table), Is.EqualTo(Enumerable.Range(5, 1000).Select(i => (long)i)));
    }

    [Test]
    public async Task The_published_batch_is_still_the_callers()
    {
        ZkArrowClient client = await ConnectAsync();
        using RecordBatch batch = Int64(0, 100);
        await client.PublishAsync("a", batch);
        await client.PublishAsync("a", batch);
        Assert.That(((Int64Array)batch.Column(0)).GetValue(99), Is.EqualTo(99));
    }

    [Test]
    public async Task Small_tables_go_inline_and_large_ones_to_shared_memory()
    {
        ZkArrowClient client = await ConnectAsync();
        Assert.That((await client.PublishAsync("small", Int64(0, 10))).Residency, Is.EqualTo(Residency.Inline));
        Assert.That((await client.PublishAsync("large", Int64(0, 100_000))).Residency, Is.EqualTo(Residency.Host));
        client.InlineMax = 0;
        Assert.That((await client.PublishAsync("small", Int64(0, 10))).Residency, Is.EqualTo(Residency.Host));
        Assert.That(
            await StatusOf(async () => await client.PublishAsync("large", Int64(0, 100_000), new PublishOptions { Residency = Residency.Inline })),
            Is.EqualTo(ZkArrowStatus.TooLarge));
    }

    [Test]
    public async Task A_read_after_an_acknowledged_publish_of_this_host_sees_it_at_once()
    {
        ZkArrowClient writer = await ConnectAsync();
        ZkArrowClient reader = await ConnectAsync();
        for (int i = 1; i <= 500; i++)
        {
            await writer.PublishAsync("a", Int64(i, 1));
            using ZkArrowTable table = await reader.ReadAsync("a");
            Assert.That(table.Version.Number, Is.EqualTo(i));
        }
    }

    [Test]
    public async Task Every_version_stays_readable_by_number_until_it_is_dropped()
    {
        ZkArrowClient client = await ConnectAsync();
        for (int i = 1; i <= 5; i++)
            await client.PublishAsync("a", Int64(i, i), new PublishOptions { Residency = i % 2 == 0 ? Residency.Host : Residency.Inline });
        for (int i = 1; i <= 5; i++)
        {
            using ZkArrowTable table = await client.ReadAsync("a", new ReadOptions { Version = i });
            Assert.That(await ValuesAsync(table), Has.Length.EqualTo(i).And.All.LessThan(10).And.ItemAt(0).EqualTo(i));
        }

        await client.DropAsync("a", 2);
        Assert.That((await client.HistoryAsync("a")).Select(v => v.Number), Is.EqualTo(new long[] { 1, 3, 4, 5 }));
        Assert.That(await StatusOf(async () => await client.ReadAsync("a", new ReadOptions { Version = 2 })), Is.EqualTo(ZkArrowStatus.NotFound));
        Assert.That(await StatusOf(async () => await client.DropAsync("a", 2)), Is.EqualTo(ZkArrowStatus.NotFound));
        Assert.That(await StatusOf(async () => await client.DropAsync("a", 5)), Is.EqualTo(ZkArrowStatus.Conflict));
        Assert.That(await StatusOf(async () => await client.ReadAsync("a", new ReadOptions { Version = 6 })), Is.EqualTo(ZkArrowStatus.NotFound));
        Assert.That(await StatusOf(async () => await client.ReadAsync("b")), Is.EqualTo(ZkArrowStatus.NotFound));
    }

    [Test]
    public async Task A_dropped_dataset_is_gone_at_once_and_held_bytes_are_not()
    {
        ZkArrowClient writer = await ConnectAsync();
        ZkArrowClient reader = await ConnectAsync();
        await writer.PublishAsync("a", Int64(7, 50_000), new PublishOptions { Residency = Residency.Host });
        using ZkArrowTable held = await reader.ReadAsync("a");
        await writer.DropAsync("a");
        Assert.That(await StatusOf(async () => await reader.ReadAsync("a")), Is.EqualTo(ZkArrowStatus.NotFound));
        Assert.That(Directory.EnumerateFiles(DataDirectory, "*.arrow", SearchOption.AllDirectories), Is.Empty);
        Assert.That((await writer.PublishAsync("a", Int64(1, 1))).Number, Is.EqualTo(1));
        Assert.That((await ValuesAsync(held))[49_999], Is.EqualTo(50_006));
        using ZkArrowTable again = await reader.ReadAsync("a");
        Assert.That(again.RowCount, Is.EqualTo(1));
    }

    [Test]
    public async Task Waiting_for_a_dataset_or_a_version_ends_when_it_is_published()
    {
        ZkArrowClient writer = await ConnectAsync();
        ZkArrowClient reader = await ConnectAsync();
        Task<ZkArrowTable> dataset = reader.ReadAsync("a", new ReadOptions { Wait = true }).AsTask();
        Task<ZkArrowTable> version = reader.ReadAsync("a", new ReadOptions { Wait = true, Version = 3 }).AsTask();
        for (int i = 1; i <= 3; i++)
            await writer.PublishAsync("a", Int64(i, 1));
        using ZkArrowTable first = await dataset;
        using ZkArrowTable third = await version;
        Assert.That(third.Version.Number, Is.EqualTo(3));
    }

    [Test]
    public async Task Waiting_in_vain_ends_with_a_timeout()
    {
        ZkArrowClient client = await ConnectAsync(o => o with { OperationTimeout = TimeSpan.FromMilliseconds(300) });
        Assert.That(await StatusOf(async () => await client.ReadAsync("a", new ReadOptions { Wait = true })), Is.EqualTo(ZkArrowStatus.Timeout));
    }

    [Test]
    public async Task Cancelling_throws_with_the_callers_token()
    {
        ZkArrowClient client = await ConnectAsync();
        using CancellationTokenSource source = new();
        Task<ZkArrowTable> read = client.ReadAsync("a", new ReadOptions { Wait = true }, source.Token).AsTask();
        await source.CancelAsync();
        OperationCanceledException e = (await Assert.CatchAsync<OperationCanceledException>(() => read))!;
        Assert.That(e.CancellationToken, Is.EqualTo(source.Token));
    }

    [Test]
    public async Task The_list_has_every_name_whatever_its_characters()
    {
        ZkArrowClient client = await ConnectAsync();
        string[] names = ["a", "a/b", "ä ö", "x%2Fy", "日本/株", "a.b~c_d-e", new string('n', 255)];
        foreach (string name in names)
            await client.PublishAsync(name, Int64(0, 1));
        Assert.That((await client.ListAsync()).Select(d => d.Name), Is.EqualTo(names.Order(StringComparer.Ordinal)));
        Assert.That((await client.ListAsync("a/")).Select(d => d.Name), Is.EqualTo(new[] { "a/b" }));
        foreach (string name in names)
            Assert.That((await client.StatAsync(name)).Number, Is.EqualTo(1));
    }

    [TestCase("")]
    [TestCase("/a")]
    [TestCase("a/")]
    [TestCase("a//b")]
    [TestCase("a/../b")]
    [TestCase(".")]
    [TestCase("a\nb")]
    [TestCase("a\0b")]
    public async Task A_bad_name_is_refused_with_a_sentence(string name)
    {
        ZkArrowClient client = await ConnectAsync();
        ZkArrowException e = (await Assert.ThrowsAsync<ZkArrowException>(async () => await client.PublishAsync(name, Int64(0, 1))))!;
        Assert.That(e.Status, Is.EqualTo(ZkArrowStatus.InvalidArgument));
        Assert.That(e.Message, Does.Contain("refused: it").Or.Contain("refused: a segment"));
        Assert.That(await StatusOf(async () => await client.ReadAsync(name)), Is.EqualTo(ZkArrowStatus.InvalidArgument));
    }

    [Test]
    public async Task A_name_that_is_not_Unicode_is_refused()
    {
        // made here, because attributes cannot carry a lone surrogate
        string name = "a" + (char)0xd800;
        ZkArrowClient client = await ConnectAsync();
        Assert.That(await StatusOf(async () => await client.PublishAsync(name, Int64(0, 1))), Is.EqualTo(ZkArrowStatus.InvalidArgument));
    }

    [TestCase("http://localhost")]
    [TestCase("zk://")]
    [TestCase("zk://host:port")]
    [TestCase("zk://user:secret@host:1")]
    [TestCase("zk://host:1/a//b")]
    [TestCase("zk://host:1/zookeeper")]
    [TestCase("zk://host:1/a?x=1")]
    [TestCase("")]
    public async Task A_bad_url_is_refused_and_shows_no_secret(string url)
    {
        ZkArrowException e = (await Assert.ThrowsAsync<ZkArrowException>(async () => await ZkArrowClient.ConnectAsync(url)))!;
        Assert.That(e.Status, Is.EqualTo(ZkArrowStatus.InvalidArgument));
        Assert.That(e.Message, Does.Contain("expected zk://").And.Not.Contain("secret"));
    }

    [Test]
    public async Task A_required_schema_names_the_field_that_differs()
    {
        ZkArrowClient client = await ConnectAsync();
        await client.PublishAsync("a", Int64(0, 1));
        await client.PublishAsync("a", Int64(0, 1), new PublishOptions { SameSchema = true });
        RecordBatch other = new(
            new Schema([new Field("x", DoubleType.Default, nullable: false)], null), [new DoubleArray.Builder().Append(1).Build()], 1);
        ZkArrowException e = (await Assert.ThrowsAsync<ZkArrowException>(async () => await client.PublishAsync("a", other, new PublishOptions { SameSchema = true })))!;
        Assert.That(e.Status, Is.EqualTo(ZkArrowStatus.SchemaMismatch));
        Assert.That(e.Message, Does.Contain("x"));
        Assert.That((await client.PublishAsync("a", other)).Number, Is.EqualTo(3));
    }

    [Test]
    public async Task A_closed_client_says_so_and_its_tables_live_on()
    {
        ZkArrowClient client = await ConnectAsync();
        await client.PublishAsync("a", Int64(0, 100_000));
        ZkArrowTable table = await client.ReadAsync("a");
        Task<ZkArrowTable> waiting = client.ReadAsync("b", new ReadOptions { Wait = true }).AsTask();
        await client.DisposeAsync();
        await client.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => waiting);
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await client.ReadAsync("a"));
        Assert.That(client.State, Is.EqualTo(ClientState.Closed));
        Assert.That(await ValuesAsync(table), Has.Length.EqualTo(100_000));
        table.Dispose();
        table.Dispose();
        Assert.Throws<ObjectDisposedException>(() => _ = table.RowCount);
    }
}
