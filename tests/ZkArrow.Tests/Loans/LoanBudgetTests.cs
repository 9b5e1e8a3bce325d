using Apache.Arrow;
using Apache.Arrow.Types;
using NUnit.Framework;
using ZkArrow.ArrowC;
using ZkArrow.Tests.Datasets;

namespace ZkArrow.Tests.Loans;

/// <summary>What a loan refuses, and with which sentence.</summary>
[TestFixture]
public sealed class LoanBudgetTests : DatasetFixture
{
    private static Schema Of(IArrowType type, bool nullable = true) => new([new Field("x", Int32Type.Default, nullable), new Field("c", type, nullable)], null);

    private static ZkArrowException Refused(Action action, ZkArrowStatus status)
    {
        ZkArrowException refused = Assert.Throws<ZkArrowException>(action)!;
        Assert.That(refused.Status, Is.EqualTo(status), refused.Message);
        return refused;
    }

    [Test]
    public async Task Types_that_cannot_be_built_in_place_are_refused_by_name()
    {
        ZkArrowClient client = await ConnectAsync();
        IArrowType[] types =
        [
            new DictionaryType(Int32Type.Default, StringType.Default, false),
            new ListType(StringType.Default),
            new MapType(StringType.Default, Int32Type.Default),
            new UnionType([new Field("u", Int32Type.Default, true)], [0], UnionMode.Dense),
            StringViewType.Default,
            new StructType([new Field("inside", StringViewType.Default, true)]),
        ];
        foreach (IArrowType type in types)
        {
            string message = Refused(() => client.Loan(Of(type), 1, new LoanOptions { VariableBytes = 10 }), ZkArrowStatus.Unsupported).Message;
            Assert.That(message, Does.Match("'[a-z0-9_<>]+' of column 'c.*'|A list of 'utf8', as column 'c.item' is"));
        }
    }

    [Test]
    public async Task Impossible_sizes_are_refused()
    {
        ZkArrowClient client = await ConnectAsync();
        Refused(() => client.Loan(Of(Int64Type.Default), -1), ZkArrowStatus.InvalidArgument);
        Refused(() => client.Loan(Of(Int64Type.Default), long.MaxValue), ZkArrowStatus.InvalidArgument);
        Refused(() => client.Loan(Of(Int64Type.Default), 1L << 56), ZkArrowStatus.TooLarge);
        Refused(() => client.Loan(Of(Int64Type.Default), 1L << 50), ZkArrowStatus.NoSpace);
        Assert.That(Refused(() => client.Loan(Of(StringType.Default), 1), ZkArrowStatus.InvalidArgument).Message, Does.Contain("column 'c'").And.Contain("var_bytes"));
        Assert.That(
            Refused(() => client.Loan(Of(StringType.Default), 1, new LoanOptions { VariableBytes = 1L << 31 }), ZkArrowStatus.TooLarge).Message,
            Does.Contain("large_utf8"));
        Refused(() => client.Loan(Of(StringType.Default), 1, new LoanOptions { ColumnBytes = new Dictionary<string, long> { ["d"] = 1 } }), ZkArrowStatus.InvalidArgument);
        Assert.That(Directory.GetFiles(DataDirectory, "*.arrow", SearchOption.AllDirectories), Is.Empty);
    }

    [Test]
    public async Task A_column_that_has_used_up_its_budget_says_so()
    {
        ZkArrowClient client = await ConnectAsync();
        using ZkArrowLoan loan = client.Loan(Of(StringType.Default), 3, new LoanOptions { ColumnBytes = new Dictionary<string, long> { ["c"] = 10 } });
        LoanText text = loan.Text("c");
        text.Append("12345678");
        Assert.That(Refused(() => text.Append("123"), ZkArrowStatus.TooLarge).Message, Does.Contain("10 bytes").And.Contain("column 'c'"));
        text.Append("90");
        text.AppendNull();
        Refused(() => text.Append(""), ZkArrowStatus.TooLarge);

        // written by hand: found when it is published, and the loan can still be put right
        loan.Offsets<int>("c")[3] = 11;
        ZkArrowException over = (await Assert.ThrowsAsync<ZkArrowException>(async () => await loan.PublishAsync("a")))!;
        Assert.That((over.Status, over.Message), Is.EqualTo((ZkArrowStatus.TooLarge, "The array of column 'c' used 11 bytes of a buffer where the loan has 10 for it; open the loan with more (rows, var_bytes).")));
        loan.Offsets<int>("c")[3] = -1;
        Assert.That(await StatusOf(async () => await loan.PublishAsync("a")), Is.EqualTo(ZkArrowStatus.InvalidArgument));
        loan.Offsets<int>("c")[3] = 10;
        Assert.That((await loan.PublishAsync("a")).Number, Is.EqualTo(1));
    }

    [Test]
    public async Task Columns_are_asked_for_by_name_and_by_width()
    {
        ZkArrowClient client = await ConnectAsync();
        using ZkArrowLoan loan = client.Loan(Of(BooleanType.Default, nullable: false), 3, new LoanOptions { AllocateBytes = 100 });
        Refused(() => loan.Column<int>("nobody"), ZkArrowStatus.NotFound);
        Refused(() => loan.Column<long>("x"), ZkArrowStatus.SchemaMismatch);
        Refused(() => loan.Column<byte>("c"), ZkArrowStatus.SchemaMismatch);
        Refused(() => loan.Validity("x"), ZkArrowStatus.SchemaMismatch);
        Refused(() => loan.Text("x"), ZkArrowStatus.SchemaMismatch);
        Assert.That(loan.Column<int>("x", 1).Length, Is.EqualTo(2));
        Assert.That(loan.Allocate(60).Length, Is.EqualTo(60));
        Refused(() => loan.Allocate(65), ZkArrowStatus.TooLarge);
        Assert.That(loan.Allocate(64).Length, Is.EqualTo(64));
    }

    [Test]
    public async Task Foreign_arrays_are_published_only_from_inside_the_loan()
    {
        ZkArrowClient client = await ConnectAsync();
        using ZkArrowLoan loan = client.Loan(new Schema([new Field("x", Int64Type.Default, true)], null), 4, new LoanOptions { AllocateBytes = 64 });
        foreach ((Strange how, ZkArrowStatus status) in new[]
        {
            (Strange.OutsideBuffer, ZkArrowStatus.InvalidArgument),
            (Strange.TooLong, ZkArrowStatus.TooLarge),
            (Strange.Misaligned, ZkArrowStatus.InvalidArgument),
            (Strange.Sliced, ZkArrowStatus.InvalidArgument),
            (Strange.NullsWithoutBitmap, ZkArrowStatus.InvalidArgument),
            (Strange.TooManyNulls, ZkArrowStatus.InvalidArgument),
            (Strange.ManyColumns, ZkArrowStatus.SchemaMismatch),
        })
        {
            ZkArrowException refused = (await Assert.ThrowsAsync<ZkArrowException>(async () => await Publish(loan, how)))!;
            Assert.That(refused.Status, Is.EqualTo(status), $"{how}: {refused.Message}");
        }

        Assert.That((await Publish(loan, Strange.Allocated)).Rows, Is.EqualTo(4));
        using ZkArrowTable table = await client.ReadAsync("a", new ReadOptions { ValidateFull = true });
        Assert.That(await ValuesAsync(table), Is.EqualTo(new long[] { 9, 9, 9, 9 }));
    }

    private enum Strange
    {
        Allocated,
        OutsideBuffer,
        TooLong,
        Misaligned,
        Sliced,
        NullsWithoutBitmap,
        TooManyNulls,
        ManyColumns,
    }

    private static unsafe ValueTask<DatasetVersion> Publish(ZkArrowLoan loan, Strange how)
    {
        ArrowArray batch;
        loan.Export(&batch);
        long* outside = stackalloc long[64];
        try
        {
            ArrowArray* column = batch.Children[0];
            void** buffers = stackalloc void*[2];
            buffers[0] = column->Buffers[0];
            buffers[1] = column->Buffers[1];
            column->Buffers = buffers;
            switch (how)
            {
                case Strange.Allocated:
                    buffers[1] = loan.Take(32);
                    new Span<long>(buffers[1], 4).Fill(9);
                    break;
                case Strange.OutsideBuffer:
                    buffers[1] = outside;
                    break;
                case Strange.TooLong:
                    batch.Length = column->Length = 5;
                    break;
                case Strange.Misaligned:
                    batch.Length = column->Length = 3;
                    buffers[1] = (byte*)buffers[1] + 4;
                    break;
                case Strange.Sliced:
                    batch.Length = 3;
                    column->Offset = 1;
                    column->Length = 3;
                    break;
                case Strange.NullsWithoutBitmap:
                    buffers[0] = null;
                    column->NullCount = 1;
                    break;
                case Strange.TooManyNulls:
                    batch.Length = 1;
                    column->NullCount = 2;
                    break;
                case Strange.ManyColumns:
                    batch.NChildren = 0;
                    break;
            }

            return loan.PublishAsync("a", &batch, null, TimeSpan.FromSeconds(30), CancellationToken.None);
        }
        finally
        {
            batch.NChildren = 1;
            batch.Release(&batch);
        }
    }
}
