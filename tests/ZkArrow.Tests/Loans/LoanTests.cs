using System.Security.Cryptography;
using Apache.Arrow;
using Apache.Arrow.Ipc;
using Apache.Arrow.Types;
using NUnit.Framework;
using ZkArrow.ArrowC;
using ZkArrow.Segments;
using ZkArrow.Testing;
using ZkArrow.Tests.Datasets;

namespace ZkArrow.Tests.Loans;

/// <summary>Loans over a real server, and what they leave behind.</summary>
[TestFixture]
[NonParallelizable]
public sealed class LoanTests : DatasetFixture
{
    private (long, long, long, long) _before;

    private static (long Segments, long Bytes, long Pins, long Boxes) Held =>
        (SegmentCounters.MappedSegments, SegmentCounters.MappedBytes, SegmentCounters.OpenPins, ArrowCounters.LiveBoxes);

    [SetUp]
    public void Count() => _before = Held;

    [TearDown]
    public async Task NothingIsHeld()
    {
        // an open client keeps the heads it has read
        await CloseClientsAsync();
        Assert.That(Held, Is.EqualTo(_before));
    }

    private static Schema Numbers => new([new Field("x", Int64Type.Default, nullable: true)], null);

    private string[] Files => Directory.Exists(DataDirectory) ? Directory.GetFiles(DataDirectory, "*.arrow", SearchOption.AllDirectories) : [];

    private static void Fill(ZkArrowLoan loan, long first)
    {
        Span<long> values = loan.Column<long>("x");
        for (int i = 0; i < values.Length; i++)
            values[i] = first + i;
    }

    [Test]
    public async Task Every_kind_of_column_is_read_as_it_was_written()
    {
        Schema schema = new(
            [
                new Field("id", Int64Type.Default, false),
                new Field("px", DoubleType.Default, true),
                new Field("sym", StringType.Default, true),
                new Field("raw", LargeBinaryType.Default, false),
                new Field("up", BooleanType.Default, true),
                new Field("list", new ListType(new Field("item", Int32Type.Default, true)), true),
                new Field("pair", new FixedSizeListType(new Field("item", FloatType.Default, false), 2), false),
                new Field("at", new StructType([new Field("x", Int16Type.Default, false), new Field("when", new TimestampType(TimeUnit.Microsecond, "UTC"), true)]), true),
                new Field("nothing", NullType.Default, true),
            ],
            null);
        ZkArrowClient client = await ConnectAsync();
        const int Rows = 100;
        using (ZkArrowLoan loan = client.Loan(schema, Rows, new LoanOptions { VariableBytes = 4000 }))
        {
            LoanText symbols = loan.Text("sym"), raw = loan.Text("raw");
            Span<byte> px = loan.Validity("px");
            for (int i = 0; i < Rows; i++)
            {
                loan.Column<long>("id")[i] = i;
                loan.Column<double>("px")[i] = i * 0.5;
                if (i % 3 == 0)
                    px[i / 8] &= (byte)~(1 << (i % 8));
                if (i % 4 == 0)
                    symbols.AppendNull();
                else
                    symbols.Append($"s{i}ü");
                raw.Append(new byte[i % 5]);
                if (i % 2 == 0)
                    loan.Bits("up")[i / 8] |= (byte)(1 << (i % 8));
                loan.Offsets<int>("list")[i + 1] = 2 * (i + 1);
                loan.Column<int>("list.item")[2 * i] = i;
                loan.Column<int>("list.item")[(2 * i) + 1] = -i;
                loan.Column<float>("pair.item")[(2 * i) + 1] = i;
                loan.Column<short>("at.x")[i] = (short)i;
                loan.ColumnMemory<long>("at.when").Span[i] = i;
            }

            loan.SetNullCount("px", 34);
            DatasetVersion version = await loan.PublishAsync("all");
            Assert.That((version.Rows, version.Bytes, version.Residency), Is.EqualTo((100L, loan.Bytes, Residency.Host)));
        }

        using ZkArrowTable table = await client.ReadAsync("all", new ReadOptions { ValidateFull = true });
        Assert.That((table.IsZeroCopy, table.RowCount), Is.EqualTo((true, 100L)));
        using IArrowArrayStream stream = table.ToArrowStream();
        using RecordBatch shared = (await stream.ReadNextRecordBatchAsync())!;
        Check(shared);

        // a segment is a file for anybody
        using FileStream file = File.OpenRead(Files.Single());
        using ArrowFileReader reader = new(file);
        using RecordBatch copied = (await reader.ReadNextRecordBatchAsync())!;
        Check(copied);
    }

    private static void Check(RecordBatch batch)
    {
        Assert.That(batch.Length, Is.EqualTo(100));
        DoubleArray px = (DoubleArray)batch.Column("px");
        StringArray sym = (StringArray)batch.Column("sym");
        Assert.That((px.NullCount, sym.NullCount, batch.Column("id").NullCount), Is.EqualTo((34, 25, 0)));
        ListArray list = (ListArray)batch.Column("list");
        StructArray at = (StructArray)batch.Column("at");
        for (int i = 0; i < 100; i++)
        {
            Assert.That(((Int64Array)batch.Column("id")).GetValue(i), Is.EqualTo(i));
            Assert.That(px.GetValue(i), Is.EqualTo(i % 3 == 0 ? null : i * 0.5));
            Assert.That(sym.GetString(i), Is.EqualTo(i % 4 == 0 ? null : $"s{i}ü"));
            Assert.That(((LargeBinaryArray)batch.Column("raw")).GetBytes(i).Length, Is.EqualTo(i % 5));
            Assert.That(((BooleanArray)batch.Column("up")).GetValue(i), Is.EqualTo(i % 2 == 0));
            Assert.That(((Int32Array)list.GetSlicedValues(i)).Values.ToArray(), Is.EqualTo(new[] { i, -i }));
            Assert.That(((FloatArray)((FixedSizeListArray)batch.Column("pair")).Values).GetValue((2 * i) + 1), Is.EqualTo(i));
            Assert.That(((Int16Array)at.Fields[0]).GetValue(i), Is.EqualTo(i));
            Assert.That(((TimestampArray)at.Fields[1]).GetValue(i), Is.EqualTo(i));
        }
    }

    [TestCase(1000, null)]
    [TestCase(1000, 7)]
    [TestCase(1000, 0)]
    [TestCase(0, null)]
    public async Task As_many_rows_are_published_as_the_caller_says(long rows, int? used)
    {
        Schema schema = new([new Field("x", Int64Type.Default, true), new Field("s", StringType.Default, true), new Field("l", new ListType(Int8Type.Default), true)], null);
        ZkArrowClient client = await ConnectAsync();
        using ZkArrowLoan loan = client.Loan(schema, rows, new LoanOptions { VariableBytes = 10 });
        Fill(loan, 5);
        Assert.That((await loan.PublishAsync("a", used)).Rows, Is.EqualTo(used ?? rows));
        using ZkArrowTable table = await client.ReadAsync("a", new ReadOptions { ValidateFull = true });
        Assert.That(await ValuesAsync(table), Is.EqualTo(Enumerable.Range(5, used ?? (int)rows).Select(i => (long)i)));
    }

    [Test]
    public async Task What_is_written_after_a_publish_is_seen_by_nobody_else()
    {
        ZkArrowClient client = await ConnectAsync();
        using ZkArrowLoan loan = client.Loan(Numbers, 300_000);
        Fill(loan, 0);
        Memory<long> kept = loan.ColumnMemory<long>("x");
        ulong inode = Inode(loan);
        await loan.PublishAsync("a");
        string file = Files.Single();
        byte[] published = SHA256.HashData(await File.ReadAllBytesAsync(file));
        for (int i = 0; i < kept.Length; i++)
            kept.Span[i] = -1;
        Assert.That(kept.Span[299_999], Is.EqualTo(-1), "the writer sees what it wrote");
        Assert.That(SHA256.HashData(await File.ReadAllBytesAsync(file)), Is.EqualTo(published));
        Assert.That(Libc.Stat(file, follow: false, out Libc.FileStatus status), Is.True);
        Assert.That((status.Inode, (int)status.Mode & 0xFFF), Is.EqualTo((inode, 0x120)), "the file of the loan itself");
        using ZkArrowTable table = await client.ReadAsync("a");
        Assert.That((await ValuesAsync(table))[299_999], Is.EqualTo(299_999));
    }

    /// <summary>The inode of the mapping that a column lies in.</summary>
    private static unsafe ulong Inode(ZkArrowLoan loan)
    {
        fixed (long* first = loan.Column<long>("x"))
        {
            foreach (string line in File.ReadLines("/proc/self/maps"))
            {
                string[] parts = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
                ulong[] span = [.. parts[0].Split('-').Select(part => Convert.ToUInt64(part, 16))];
                if ((ulong)first >= span[0] && (ulong)first < span[1])
                    return ulong.Parse(parts[4]);
            }
        }

        throw new AssertionException("the column is not mapped");
    }

    [Test]
    public async Task A_spent_a_busy_and_a_closed_loan_are_refused()
    {
        ZkArrowClient client = await ConnectAsync();
        ZkArrowLoan loan = client.Loan(Numbers, 10);
        Memory<long> memory = loan.ColumnMemory<long>("x");
        await loan.PublishAsync("a");
        ZkArrowException twice = (await Assert.ThrowsAsync<ZkArrowException>(async () => await loan.PublishAsync("a")))!;
        Assert.That((twice.Status, twice.Message), Is.EqualTo((ZkArrowStatus.InvalidArgument, "the loan was published as version 1 of 'a'; open another one")));
        Assert.That(Assert.Throws<ZkArrowException>(() => loan.Column<long>("x"))!.Status, Is.EqualTo(ZkArrowStatus.InvalidArgument));
        Assert.That(Assert.Throws<ZkArrowException>(() => loan.Allocate(1))!.Status, Is.EqualTo(ZkArrowStatus.InvalidArgument));
        loan.Dispose();
        loan.Dispose();
        Assert.Throws<ObjectDisposedException>(() => loan.Column<long>("x"));
        Assert.Throws<ObjectDisposedException>(() => _ = memory.Span[0]);
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await loan.PublishAsync("a"));
    }

    [Test]
    public async Task A_loan_that_is_given_up_leaves_nothing_and_outlives_its_client()
    {
        ZkArrowClient client = await ConnectAsync();
        using (ZkArrowLoan given = client.Loan(Numbers, 100_000))
        {
            Fill(given, 0);
            Assert.That(Files, Is.Empty);
        }

        ZkArrowLoan loan = client.Loan(Numbers, 10);
        await client.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await loan.PublishAsync("a"));
        Fill(loan, 0);
        loan.Dispose();
        Assert.That(Files, Is.Empty);
        Assert.Throws<ObjectDisposedException>(() => client.Loan(Numbers, 10));
    }

    [Test]
    public async Task A_refused_publish_leaves_the_loan_to_be_published_again_without_a_copy()
    {
        ZkArrowClient client = await ConnectAsync();
        await client.PublishAsync("a", Int64(1, 1));
        ZkArrowClient other = await ConnectAsync();
        await other.PublishAsync("a", Int64(2, 1));
        using ZkArrowLoan loan = client.Loan(Numbers, 1000);
        Fill(loan, 0);
        ulong inode = Inode(loan);
        for (int i = 0; i < 3; i++)
            Assert.That(await StatusOf(async () => await loan.PublishAsync("a", options: new PublishOptions { ExpectedVersion = 1 })), Is.EqualTo(ZkArrowStatus.Conflict));
        Assert.That(await StatusOf(async () => await loan.PublishAsync("a//b")), Is.EqualTo(ZkArrowStatus.InvalidArgument));
        Assert.That(await StatusOf(async () => await loan.PublishAsync("a", options: new PublishOptions { Residency = Residency.Inline })), Is.EqualTo(ZkArrowStatus.InvalidArgument));
        Assert.That(await StatusOf(async () => await loan.PublishAsync("a", 1001)), Is.EqualTo(ZkArrowStatus.InvalidArgument));
        Fill(loan, 100);
        Assert.That((await loan.PublishAsync("a", options: new PublishOptions { ExpectedVersion = 2 })).Number, Is.EqualTo(3));
        Assert.That(Libc.Stat(Files.Single(), follow: false, out Libc.FileStatus status), Is.True);
        Assert.That(status.Inode, Is.EqualTo(inode));
        using ZkArrowTable table = await other.ReadAsync("a", new ReadOptions { ValidateFull = true });
        Assert.That((await ValuesAsync(table))[0], Is.EqualTo(100));
    }

    [Test]
    public async Task A_cancelled_publish_leaves_the_loan_to_be_published_again()
    {
        ZkArrowClient client = await ConnectAsync();
        using ZkArrowLoan loan = client.Loan(Numbers, 10);
        await Assert.CatchAsync<OperationCanceledException>(async () => await loan.PublishAsync("a", cancellationToken: new CancellationToken(canceled: true)));
        Assert.That((await loan.PublishAsync("a")).Number, Is.EqualTo(1));
    }

    [Test]
    public async Task Conflicting_loans_are_all_published_and_leave_one_file_each()
    {
        ZkArrowClient[] writers = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => ConnectAsync()));
        long[][] numbers = await Task.WhenAll(writers.Select(async writer =>
        {
            List<long> mine = [];
            for (int i = 0; i < 20; i++)
            {
                using ZkArrowLoan loan = writer.Loan(Numbers, 10);
                Fill(loan, i);
                mine.Add((await loan.PublishAsync("a")).Number);
            }

            return mine.ToArray();
        }));
        Assert.That(numbers.SelectMany(n => n).Order(), Is.EqualTo(Enumerable.Range(1, 60).Select(i => (long)i)));
        Assert.That(Files, Has.Length.EqualTo(60));
    }

    [Test]
    public async Task A_dataset_dropped_between_two_tries_costs_a_copy_and_nothing_else()
    {
        ZkArrowClient client = await ConnectAsync();
        await client.PublishAsync("a", Int64(1, 1));
        ZkArrowClient other = await ConnectAsync();
        await other.PublishAsync("a", Int64(2, 1));
        using ZkArrowLoan loan = client.Loan(Numbers, 1000);
        Fill(loan, 0);
        ulong inode = Inode(loan);

        // the refusal comes from the commit, so that the file has a name by then; the drop takes it along
        Assert.That(await StatusOf(async () => await loan.PublishAsync("a", options: new PublishOptions { ExpectedVersion = 1 })), Is.EqualTo(ZkArrowStatus.Conflict));
        Assert.That(Files, Has.Length.EqualTo(1));
        await other.DropAsync("a");
        Assert.That(Files, Is.Empty);
        Assert.That((await loan.PublishAsync("a")).Number, Is.EqualTo(1));
        Assert.That(Libc.Stat(Files.Single(), follow: false, out Libc.FileStatus status), Is.True);
        Assert.That(status.Inode, Is.Not.EqualTo(inode));
        using ZkArrowTable table = await client.ReadAsync("a", new ReadOptions { ValidateFull = true });
        Assert.That((await ValuesAsync(table))[999], Is.EqualTo(999));
    }

    [Test]
    public async Task A_loan_outlives_an_outage()
    {
        await using ChaosProxy proxy = new(Server.Port);
        ZkArrowClient client = await ConnectAsync(url: $"zk://127.0.0.1:{proxy.Port}{Url[Url.LastIndexOf('/')..]}");
        await client.PublishAsync("a", Int64(0, 1));
        using ZkArrowLoan loan = client.Loan(Numbers, 10);
        Fill(loan, 3);
        proxy.Refusing = true;
        proxy.Cut();
        ZkArrowException refused = (await Assert.ThrowsAsync<ZkArrowException>(async () => await Publish(loan, TimeSpan.FromSeconds(1))))!;
        Assert.That((refused.Status, refused.IsOutcomeUnknown), Is.EqualTo((ZkArrowStatus.Unavailable, false)));
        proxy.Refusing = false;
        Assert.That((await loan.PublishAsync("a")).Number, Is.EqualTo(2));
        using ZkArrowTable table = await client.ReadAsync("a");
        Assert.That((await ValuesAsync(table))[0], Is.EqualTo(3));
    }

    private static unsafe ValueTask<DatasetVersion> Publish(ZkArrowLoan loan, TimeSpan timeout)
    {
        ArrowArray batch;
        loan.Export(&batch);
        try
        {
            return loan.PublishAsync("a", &batch, null, timeout, CancellationToken.None);
        }
        finally
        {
            batch.Release(&batch);
        }
    }

    [Test]
    public async Task A_publish_whose_answer_was_lost_is_done_once_and_one_that_stays_unknown_spends_the_loan()
    {
        await using ChaosProxy proxy = new(Server.Port);
        string chroot = Url[Url.LastIndexOf('/')..];
        ZkArrowClient client = await ConnectAsync(o => o with { OperationTimeout = TimeSpan.FromSeconds(5) }, $"zk://127.0.0.1:{proxy.Port}{chroot}");
        await client.PublishAsync("a", Int64(0, 1));
        using (ZkArrowLoan loan = client.Loan(Numbers, 10))
        {
            Fill(loan, 0);
            await loan.PublishAsync("a");
        }

        using (ZkArrowLoan loan = client.Loan(Numbers, 10))
        {
            proxy.LoseReply();
            Assert.That((await loan.PublishAsync("a")).Number, Is.EqualTo(3));
        }

        using ZkArrowLoan lost = client.Loan(Numbers, 10);
        Fill(lost, 40);
        proxy.LoseReply();
        proxy.Refusing = true;
        ZkArrowException unknown = (await Assert.ThrowsAsync<ZkArrowException>(async () => await lost.PublishAsync("a")))!;
        Assert.That(unknown.IsOutcomeUnknown, Is.True);
        Assert.That((await Assert.ThrowsAsync<ZkArrowException>(async () => await lost.PublishAsync("a")))!.Message, Does.Contain("outcome is unknown"));
        lost.Dispose();
        ZkArrowClient witness = await ConnectAsync();
        using ZkArrowTable table = await witness.ReadAsync("a", new ReadOptions { Version = 4 });
        Assert.That((await ValuesAsync(table))[0], Is.EqualTo(40));
        proxy.Refusing = false;
    }
}
