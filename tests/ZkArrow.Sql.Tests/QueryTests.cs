using Apache.Arrow;
using NUnit.Framework;

namespace ZkArrow.Sql.Tests;

/// <summary>Queries over datasets, as a user asks them.</summary>
[TestFixture]
public sealed class QueryTests : SqlFixture
{
    [Test]
    public async Task Datasets_are_tables_by_their_names()
    {
        await Client.PublishAsync("prices/eod", Trades(100));
        Assert.That(await AskAsync("""select count(*), sum(id), min(name) from "prices/eod" """), Is.EqualTo(new[] { "100|4950|n0" }));
        Assert.That(await AskAsync("""select name, id from "prices/eod" where id between 11 and 13 order by id desc"""), Is.EqualTo(new[] { "n3|13", "n2|12", "n1|11" }));
        Assert.That(await AskAsync("""select count(price), count(*) from "prices/eod" """), Is.EqualTo(new[] { "85|100" }));
        Assert.That(await AskAsync("""select price from "prices/eod" where id in (7, 8)"""), Is.EqualTo(new[] { "∅", "4" }));
    }

    [Test]
    public async Task A_version_and_a_tag_are_named_behind_an_at_sign()
    {
        await Client.PublishAsync("a", Trades(1), new PublishOptions { Tags = ["first"] });
        await Client.PublishAsync("a", Trades(2));
        await Client.PublishAsync("a", Trades(3));
        Assert.That(
            await AskAsync("""select (select count(*) from a), (select count(*) from "a@2"), (select count(*) from "a@first")"""),
            Is.EqualTo(new[] { "3|2|1" }));
        using ZkArrowQuery query = await Client.QueryAsync("""select x.id from "a@1" x join a using (id)""");
        Assert.That(query.Versions.ToDictionary(v => v.Key, v => v.Value.Number), Is.EquivalentTo(new Dictionary<string, long> { ["a@1"] = 1, ["a"] = 3 }));
    }

    [Test]
    public async Task A_query_can_be_as_of_an_earlier_commit()
    {
        DatasetVersion one = await Client.PublishAsync("a", Trades(1));
        await Client.PublishAsync("a", Trades(2));
        Assert.That(await AskAsync("select count(*) from a", new QueryOptions { AsOf = AsOf.Commit(one.CommitNumber) }), Is.EqualTo(new[] { "1" }));
    }

    [Test]
    public async Task Names_of_the_statement_itself_are_not_datasets()
    {
        await Client.PublishAsync("a", Trades(10));
        Assert.That(
            await AskAsync("with a2 as (select id * 2 as twice from a) select max(twice) from a2"), Is.EqualTo(new[] { "18" }));
        Assert.That(await AskAsync("select sum(i) from range(5) t(i)"), Is.EqualTo(new[] { "10" }));
        Assert.That(await AskAsync("select * from (values (1), (2)) v(x) order by x"), Is.EqualTo(new[] { "1", "2" }));
    }

    [Test]
    public async Task Large_tables_of_several_segments_are_read_whole_and_in_order()
    {
        await Client.PublishAsync("a", Trades(300_001));
        await Client.AppendAsync("a", Trades(5_000, 300_001), new PublishOptions { Residency = Residency.Host });
        Assert.That(await AskAsync("select count(*), sum(id), count(distinct name) from a"), Is.EqualTo(new[] { $"305001|{305_000L * 305_001 / 2}|10" }));
        string[] ids = await AskAsync("select id from a");
        Assert.That(ids, Is.EqualTo(Enumerable.Range(0, 305_001).Select(i => $"{i}")), "as they lie, without an ORDER BY");
    }

    [Test]
    public async Task A_table_of_no_rows_has_its_columns()
    {
        await Client.PublishAsync("a", Trades(0));
        Assert.That(await AskAsync("select count(*), max(name) from a"), Is.EqualTo(new[] { "0|∅" }));
        using ZkArrowQuery query = await Client.QueryAsync("select * from a");
        Assert.That(query.Schema.FieldsList.Select(f => f.Name), Is.EqualTo(new[] { "id", "price", "name" }));
        Assert.That(await RowsAsync(query), Is.Empty);
    }

    [Test]
    public async Task A_reader_of_the_answer_holds_the_versions()
    {
        await Client.PublishAsync("a", Trades(100_000));
        using ZkArrowQuery query = await Client.QueryAsync("select id from a");
        using RecordBatch first = await query.ReadNextRecordBatchAsync();
        await Client.DropAsync("a");
        int rows = first.Length + (await RowsAsync(query)).Length;
        Assert.That(rows, Is.EqualTo(100_000));
        Assert.That(((Int64Array)first.Column(0)).GetValue(0), Is.Zero);
    }

    [TestCase("select nothing from a", ZkArrowStatus.InvalidArgument, "nothing")]
    [TestCase("selec 1", ZkArrowStatus.InvalidArgument, "syntax")]
    [TestCase("select * from missing", ZkArrowStatus.NotFound, "missing")]
    [TestCase("""select * from "a@9" """, ZkArrowStatus.NotFound, "9")]
    [TestCase("select 1; select 2", ZkArrowStatus.InvalidArgument, "multiple")]
    [TestCase("create table t (i int)", ZkArrowStatus.InvalidArgument, "SELECT")]
    [TestCase("set memory_limit = '1GB'", ZkArrowStatus.InvalidArgument, "SELECT")]
    [TestCase("attach 'x.db'", ZkArrowStatus.InvalidArgument, "SELECT")]
    [TestCase("install httpfs", ZkArrowStatus.InvalidArgument, "SELECT")]
    [TestCase("copy a to 'x.csv'", ZkArrowStatus.PermissionDenied, "x.csv")]
    [TestCase("select * from read_csv('/etc/passwd')", ZkArrowStatus.PermissionDenied, "file")]
    [TestCase("select * from '/etc/passwd.csv'", ZkArrowStatus.InvalidArgument, "/etc/passwd.csv")]
    [TestCase("select * from zkarrow_scan(0)", ZkArrowStatus.InvalidArgument, "name the dataset")]
    [TestCase("select cast(name as int) from a", ZkArrowStatus.InvalidArgument, "Conversion")]
    [TestCase("", ZkArrowStatus.InvalidArgument, "")]
    public async Task What_cannot_be_answered_is_refused_with_a_reason(string sql, ZkArrowStatus status, string reason)
    {
        await Client.PublishAsync("a", Trades(10));
        ZkArrowException e = (await Assert.ThrowsAsync<ZkArrowException>(async () => await AskAsync(sql)))!;
        Assert.That((e.Status, e.Message), Is.EqualTo((status, e.Message)));
        Assert.That(e.Message, Does.Contain(reason).IgnoreCase.And.Not.Contains("\n"));
        Assert.That(await AskAsync("select count(*) from a"), Is.EqualTo(new[] { "10" }), "the next one is answered");
    }

    [Test]
    public async Task A_query_is_stopped_while_it_runs()
    {
        using CancellationTokenSource stop = new();
        ValueTask<ZkArrowQuery> endless = Client.QueryAsync("select sum(a.i * b.i) from range(10000000) a(i), range(10000000) b(i)", null, stop.Token);
        await Task.Delay(50);
        await stop.CancelAsync();
        Assert.That(async () => await endless, Throws.InstanceOf<OperationCanceledException>());
    }

    [Test]
    public async Task An_answer_is_stopped_while_it_is_read()
    {
        await Client.PublishAsync("a", Trades(10_000));
        using ZkArrowQuery query = await Client.QueryAsync("select a.id from a, a b, a c");
        using CancellationTokenSource stop = new();
        Assert.That(
            async () =>
            {
                for (int i = 0; ; i++)
                {
                    using RecordBatch batch = await query.ReadNextRecordBatchAsync(stop.Token);
                    if (i == 3)
                        await stop.CancelAsync();
                }
            },
            Throws.InstanceOf<OperationCanceledException>());
        Assert.That(async () => await query.ReadNextRecordBatchAsync(), Throws.InstanceOf<OperationCanceledException>());
    }

    [Test]
    public async Task What_needs_more_memory_than_it_may_have_is_refused()
    {
        await Client.PublishAsync("a", Trades(200_000));
        ZkArrowException e = (await Assert.ThrowsAsync<ZkArrowException>(async () =>
            await AskAsync("select count(*) from (select id, name || id::varchar as k, count(*) from a group by all order by k)", new QueryOptions { MemoryLimit = 4 << 20, Threads = 1 })))!;
        Assert.That(e.Status, Is.EqualTo(ZkArrowStatus.TooLarge));
        Assert.That(e.Message, Does.Contain("memory limit"));
        Assert.That(Directory.Exists(".tmp"), Is.False, "nothing is spilled");
    }

    [Test]
    public async Task A_token_that_fires_after_the_end_stops_nobody_else()
    {
        await Client.PublishAsync("a", Trades(10));
        ZkArrowQuery ended = await Client.QueryAsync("select * from a");
        await RowsAsync(ended);
        ended.Dispose();
        using ZkArrowQuery next = await Client.QueryAsync("select a.id from a, a b, a c, a d");
        Assert.That(async () => await ended.ReadNextRecordBatchAsync(new CancellationToken(canceled: true)), Throws.InstanceOf<ObjectDisposedException>());
        Assert.That(await RowsAsync(next), Has.Length.EqualTo(10_000));
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task Disposing_ends_a_read_that_is_under_way(CancellationToken cancellationToken)
    {
        // rows at once, more than DuckDB makes ahead, and then none for hours
        ZkArrowQuery endless = await Client.QueryAsync("select i from range(1000000000000) r(i) where i < 1000000 or i = 999999999999", cancellationToken: cancellationToken);
        (await endless.ReadNextRecordBatchAsync(CancellationToken.None)).Dispose();
        Task<string[]> reading = RowsAsync(endless);
        endless.Dispose();
        Assert.That(
            async () => await reading.WaitAsync(cancellationToken), Throws.InstanceOf<OperationCanceledException>().Or.InstanceOf<ObjectDisposedException>());
        Assert.That(cancellationToken.IsCancellationRequested, Is.False, "it did not wait for the rows");
    }

    [Test]
    public async Task A_query_that_does_not_begin_to_answer_ends_at_the_clients_deadline()
    {
        await using ZkArrowClient hasty = await ConnectAsync(TimeSpan.FromMilliseconds(200));
        ZkArrowException e = (await Assert.ThrowsAsync<ZkArrowException>(async () =>
            await hasty.QueryAsync("select sum(a.i * b.i) from range(10000000) a(i), range(10000000) b(i)")))!;
        Assert.That((e.Status, e.Message), Is.EqualTo((ZkArrowStatus.Timeout, "the query had no answer within 0.2 s; ask for less, or give it longer")));
    }
}
