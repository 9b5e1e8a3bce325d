using NUnit.Framework;
using ZkArrow.ArrowC;

namespace ZkArrow.Tests.ArrowC;

/// <summary>Who releases what, and when. Counted sources release exactly when the last holder lets go.</summary>
[TestFixture, NonParallelizable]
internal sealed unsafe class OwnershipTests
{
    private LiveCounters _counters = null!;

    [SetUp]
    public void Count() => _counters = new LiveCounters();

    [TearDown]
    public void NothingIsLeft() => _counters.AssertNothingLeft();

    [Test]
    public void PutMovesTheStructs()
    {
        ArrowSchema schema;
        ArrowArray array;
        CountedSource.Schema(&schema, 4);
        CountedSource.Batch(&array, 4, 10);
        using ArrowTable table = ArrowTable.FromBatch(&array, &schema);
        Assert.That((long)array.Release, Is.Zero);
        Assert.That((long)schema.Release, Is.Zero);
        Assert.That(table.Rows, Is.EqualTo(10));
        Assert.That(table.Schema.Fields.Select(field => field.TypeName), Is.EqualTo(new[] { "int64", "utf8", "int64", "utf8" }));
        Assert.That(table.NBytes, Is.EqualTo(2 * (80 + 44 + 10)));
    }

    [Test]
    public void AnExportOutlivesTheTable()
    {
        ArrowTable table = CountedSource.Table(2, 100);
        ArrowArray exported;
        table.Batches[0].Export(&exported);
        table.Dispose();
        Assert.That(((long*)exported.Children[0]->Buffers[1])[99], Is.EqualTo(99));
        exported.Release(&exported);
        Assert.That((long)exported.Release, Is.Zero);
    }

    [Test]
    public void AChildMovedOutOutlivesItsParent([Values(0, 1, 2, 3)] int kept)
    {
        ArrowArray exported;
        using (ArrowTable table = CountedSource.Table(4, 100)) table.Batches[0].Export(&exported);
        ArrowArray child = *exported.Children[kept];
        exported.Children[kept]->Release = null;
        exported.Release(&exported);
        Assert.That(CountedSource.Live, Is.GreaterThan(0), "the source lives for the one column");
        void* values = child.Buffers[1];
        Assert.That(kept % 2 == 0 ? ((long*)values)[99] : ((int*)values)[1], Is.EqualTo(kept % 2 == 0 ? 99 : 1));
        child.Release(&child);
    }

    [Test]
    public void EveryOrderOfReleasingMovedChildrenIsGood()
    {
        // 3 stands for the parent
        ArrowArray* moved = stackalloc ArrowArray[4];
        int[][] orders = [[0, 1, 2, 3], [3, 2, 1, 0], [1, 0, 3, 2], [2, 3, 0, 1], [0, 3, 1, 2]];
        foreach (int[] order in orders)
        {
            ArrowArray exported;
            using (ArrowTable table = CountedSource.Table(3, 5)) table.Batches[0].Export(&exported);
            for (int i = 0; i < 3; i++)
            {
                moved[i] = *exported.Children[i];
                exported.Children[i]->Release = null;
            }
            moved[3] = exported;
            exported.Release = null;
            foreach (int i in order)
            {
                Assert.That(CountedSource.Live, Is.GreaterThan(0));
                moved[i].Release(moved + i);
            }
            _counters.AssertNothingLeft();
        }
    }

    [Test]
    public void AGrandchildLivesByItself()
    {
        using ArrowTable table = Ipc.TestData.Read("arrow-golden/generated_nested.arrow_file");
        ArrowArray exported;
        table.Batches[0].Export(&exported);
        ArrowArray parent = default;
        for (long i = 0; i < exported.NChildren; i++)
        {
            if (exported.Children[i]->NChildren == 0) continue;
            parent = *exported.Children[i];
            exported.Children[i]->Release = null;
            break;
        }
        exported.Release(&exported);
        ArrowArray grandchild = *parent.Children[0];
        parent.Children[0]->Release = null;
        parent.Release(&parent);
        Assert.That((long)grandchild.Release, Is.Not.Zero);
        grandchild.Release(&grandchild);
    }

    [Test]
    public void AnyThreadReleases()
    {
        ArrowArray exported;
        using (ArrowTable table = CountedSource.Table(2, 5)) table.Batches[0].Export(&exported);
        nint address = (nint)(&exported);
        int thread = 0;
        var worker = new Thread(() =>
        {
            thread = Environment.CurrentManagedThreadId;
            ((ArrowArray*)address)->Release((ArrowArray*)address);
        });
        worker.Start();
        worker.Join();
        Assert.That(CountedSource.LastReleaseThread, Is.EqualTo(thread));
    }

    [Test]
    public void ManyThreadsExportAndReleaseAtOnce()
    {
        using ArrowTable table = CountedSource.Table(6, 50);
        Parallel.For(0, 1000, _ =>
        {
            ArrowArrayStream stream;
            table.Export(&stream);
            ArrowArray array;
            Assert.That(stream.GetNext(&stream, &array), Is.Zero);
            stream.Release(&stream);
            ArrowArray child = *array.Children[3];
            array.Children[3]->Release = null;
            array.Release(&array);
            child.Release(&child);
        });
        Assert.That(ArrowCounters.LiveExportedArrays, Is.Zero);
    }

    [Test]
    public void AThousandExportsLeaveNothing()
    {
        using ArrowTable table = CountedSource.Table(10, 20);
        var exports = new ArrowArray[1000];
        fixed (ArrowArray* all = exports)
        {
            for (int i = 0; i < exports.Length; i++) table.Batches[0].Export(all + i);
            Assert.That(ArrowCounters.LiveExportedArrays, Is.EqualTo(1000));
            for (int i = 0; i < exports.Length; i++) all[i].Release(all + i);
        }
        Assert.That(ArrowCounters.LiveExportedArrays, Is.Zero);
    }

    [Test]
    public void AnExportAllocatesNothingManaged()
    {
        using ArrowTable table = CountedSource.Table(10, 20);
        ArrayBox batch = table.Batches[0];
        ArrowArray exported;
        batch.Export(&exported);
        exported.Release(&exported);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
        {
            batch.Export(&exported);
            exported.Release(&exported);
        }
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
    }

    [Test]
    public void NullAndReleasedStructsAreRefused()
    {
        ArrowSchema* schema = stackalloc ArrowSchema[1];
        ArrowArray* array = stackalloc ArrowArray[1];
        CountedSource.Schema(schema, 1);
        Refused(() => ArrowTable.FromBatch(null, schema));
        Refused(() => ArrowTable.FromBatch(array, schema));
        CountedSource.Batch(array, 1, 1);
        Refused(() => ArrowTable.FromBatch(array, null));
        array->Children[0]->Release(array->Children[0]);
        Refused(() => ArrowTable.FromBatch(array, schema));
        Assert.That((long)schema->Release, Is.Not.Zero, "what is refused stays the caller's");
        schema->Release(schema);
        array->Release(array);
        Refused(() => ArrowTable.FromBatch(array, schema));
        Refused(() => ArrowTable.Drain(null));
    }

    [Test]
    public void ImpossibleValuesAreRefused()
    {
        Refuse(ZkArrowStatus.InvalidArgument, array => array->Length = -1);
        Refuse(ZkArrowStatus.InvalidArgument, array => array->Offset = -1);
        Refuse(ZkArrowStatus.InvalidArgument, array => array->Length = long.MaxValue);
        Refuse(ZkArrowStatus.InvalidArgument, array => array->NullCount = -2);
        Refuse(ZkArrowStatus.InvalidArgument, array => array->Length = 11);
        Refuse(ZkArrowStatus.InvalidArgument, array => array->Children[0]->Length = 9);
        Refuse(ZkArrowStatus.InvalidArgument, array => array->Children[0]->NullCount = 1);
        Refuse(ZkArrowStatus.SchemaMismatch, array => array->Children[0]->NBuffers = 1);
        Refuse(ZkArrowStatus.SchemaMismatch, array => array->Children[0]->NChildren = 1);
        Refuse(ZkArrowStatus.SchemaMismatch, array => array->NChildren = 1);
    }

    [Test]
    public void AClosedTableSaysSo()
    {
        ArrowTable table = CountedSource.Table(1, 1);
        table.Dispose();
        table.Dispose();
        Assert.That(table.TryAddRef(), Is.False);
        ArrowArrayStream* stream = stackalloc ArrowArrayStream[1];
        ZkArrowException failure = Assert.Throws<ZkArrowException>(() => table.Export(stream))!;
        Assert.That(failure.Status, Is.EqualTo(ZkArrowStatus.InvalidHandle));
    }

    private delegate void Spoil(ArrowArray* array);

    private static void Refuse(ZkArrowStatus status, Spoil spoil)
    {
        ArrowSchema* schema = stackalloc ArrowSchema[1];
        ArrowArray* array = stackalloc ArrowArray[1];
        CountedSource.Schema(schema, 2);
        CountedSource.Batch(array, 2, 10);
        ArrowArray whole = *array, child = *array->Children[0];
        spoil(array);
        ZkArrowException failure = Assert.Throws<ZkArrowException>(() => ArrowTable.FromBatch(array, schema))!;
        Assert.That(failure.Status, Is.EqualTo(status), failure.Message);
        *array = whole;
        *array->Children[0] = child;
        array->Release(array);
        schema->Release(schema);
    }

    private static void Refused(Action call) =>
        Assert.That(Assert.Throws<ZkArrowException>(call)!.Status, Is.EqualTo(ZkArrowStatus.InvalidArgument));
}
