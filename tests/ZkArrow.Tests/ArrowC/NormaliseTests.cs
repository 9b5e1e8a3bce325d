using NUnit.Framework;
using ZkArrow.ArrowC;
using ZkArrow.Tests.Ipc;

namespace ZkArrow.Tests.ArrowC;

/// <summary>What peers reject is put right on the way out; what they know is left as it came.</summary>
[TestFixture, NonParallelizable]
internal sealed unsafe class NormaliseTests
{
    private LiveCounters _counters = null!;

    [SetUp]
    public void Count() => _counters = new LiveCounters();

    [TearDown]
    public void NothingIsLeft() => _counters.AssertNothingLeft();

    [Test]
    public void AnOffsetAtTheTopIsPushedDown()
    {
        ArrowSchema schema;
        ArrowArray array;
        CountedSource.Schema(&schema, 2);
        CountedSource.Batch(&array, 2, 100);
        array.Offset = 10;
        array.Length = 5;
        array.NullCount = -1;
        using ArrowTable table = ArrowTable.FromBatch(&array, &schema);
        ArrowArray exported;
        table.Batches[0].Export(&exported);
        Assert.That((exported.Length, exported.Offset, exported.NullCount), Is.EqualTo((5L, 0L, 0L)));
        Assert.That((exported.Children[0]->Length, exported.Children[0]->Offset), Is.EqualTo((5L, 10L)));
        exported.Release(&exported);
        using ArrowTable stored = TestData.ReadBytes(TestData.Write(table));
        Assert.That(Logical.Difference(table, stored), Is.Null);
        Assert.That(((long*)stored.Batches[0].View->Children[0]->Buffers[1])[0], Is.EqualTo(10));
        Assert.That(((int*)stored.Batches[0].View->Children[1]->Buffers[1])[0], Is.Zero, "offsets start anew");
        Assert.That(stored.NBytes, Is.EqualTo(table.NBytes).And.EqualTo(40 + 24 + 10));
    }

    [Test]
    public void LongerColumnsAreCut()
    {
        ArrowSchema schema;
        ArrowArray array;
        CountedSource.Schema(&schema, 2);
        CountedSource.Batch(&array, 2, 100);
        array.Length = 7;
        using ArrowTable table = ArrowTable.FromBatch(&array, &schema);
        Assert.That(table.Batches[0].View->Children[1]->Length, Is.EqualTo(7));
    }

    [Test]
    public void AnEmptyArrayGetsItsOneOffset()
    {
        ArrowSchema schema;
        ArrowArray array;
        CountedSource.Schema(&schema, "+s", "", 0, 2);
        CountedSource.Schema(schema.Children[0], "u", "text", 0, 0);
        CountedSource.Schema(schema.Children[1], "+L", "list", 0, 1);
        CountedSource.Schema(schema.Children[1]->Children[0], "z", "item", 0, 0);
        CountedSource.Array(&array, 0, [0], 2);
        CountedSource.Array(array.Children[0], 0, [0, 0, 0], 0);
        CountedSource.Array(array.Children[1], 0, [0, 0], 1);
        CountedSource.Array(array.Children[1]->Children[0], 0, [0, 0, 0], 0);
        using ArrowTable table = ArrowTable.FromBatch(&array, &schema);
        ArrowArray exported;
        table.Batches[0].Export(&exported);
        Assert.That(*(int*)exported.Children[0]->Buffers[1], Is.Zero);
        Assert.That(*(long*)exported.Children[1]->Buffers[1], Is.Zero);
        Assert.That(*(int*)exported.Children[1]->Children[0]->Buffers[1], Is.Zero);
        exported.Release(&exported);
        using ArrowTable stored = TestData.ReadBytes(TestData.Write(table));
        Assert.That(stored.Rows, Is.Zero);
    }

    [Test]
    public void UnknownNullCountsAreCountedWhenStored()
    {
        ArrowSchema schema;
        ArrowArray array;
        CountedSource.Schema(&schema, 1);
        CountedSource.Batch(&array, 1, 10);
        array.Children[0]->Buffers[0] = (void*)CountedSource.Buffer([0b0111_0101, 0b11]);
        array.Children[0]->NullCount = -1;
        using ArrowTable table = ArrowTable.FromBatch(&array, &schema);
        Assert.That(table.Batches[0].View->Children[0]->NullCount, Is.EqualTo(-1));
        using ArrowTable stored = TestData.ReadBytes(TestData.Write(table));
        Assert.That(stored.Batches[0].View->Children[0]->NullCount, Is.EqualTo(3));
        Assert.That(Logical.Difference(table, stored), Is.Null);
    }

    [Test]
    public void ZeroColumnsKeepTheirRows()
    {
        ArrowSchema schema;
        ArrowArray array;
        CountedSource.Schema(&schema, 0);
        CountedSource.Array(&array, 3_000_000_000, [0], 0);
        using ArrowTable table = ArrowTable.FromBatch(&array, &schema);
        using ArrowTable stored = TestData.ReadBytes(TestData.Write(table));
        Assert.That(stored.Rows, Is.EqualTo(3_000_000_000));
    }

    [Test]
    public void NullRowsAtTheTopAreRefused()
    {
        ArrowSchema* schema = stackalloc ArrowSchema[1];
        ArrowArray* array = stackalloc ArrowArray[1];
        CountedSource.Schema(schema, 0);
        CountedSource.Array(array, 3, [CountedSource.Buffer([0b101])], 0, nullCount: -1);
        ZkArrowException failure = Assert.Throws<ZkArrowException>(() => ArrowTable.FromBatch(array, schema))!;
        Assert.That(failure.Status, Is.EqualTo(ZkArrowStatus.InvalidArgument));
        array->Release(array);
        schema->Release(schema);
    }
}
