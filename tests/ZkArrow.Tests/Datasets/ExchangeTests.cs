using Apache.Arrow;
using Apache.Arrow.C;
using Apache.Arrow.Types;
using NUnit.Framework;
using ZkArrow.ArrowC;
using ZkArrow.Datasets;

namespace ZkArrow.Tests.Datasets;

[TestFixture]
public sealed class ExchangeTests
{
    [Test]
    public void What_is_put_is_got_at_the_same_address_until_it_is_removed()
    {
        ArrowTable table = Table(7);
        Exchange.Put("a", table);
        using (ArrowTable got = Exchange.Get("a"))
            Assert.That(got, Is.SameAs(table));
        Exchange.Put("a", Table(8));
        using (ArrowTable got = Exchange.Get("a"))
            Assert.That(got.Rows, Is.EqualTo(8));
        Exchange.Remove("a");
        Assert.That(Assert.Throws<ZkArrowException>(() => Exchange.Get("a"))!.Status, Is.EqualTo(ZkArrowStatus.NotFound));
        Assert.That(Assert.Throws<ZkArrowException>(() => Exchange.Remove("a"))!.Status, Is.EqualTo(ZkArrowStatus.NotFound));
        Assert.That(Assert.Throws<ZkArrowException>(() => Exchange.Put("", table))!.Status, Is.EqualTo(ZkArrowStatus.InvalidArgument));
    }

    /// <summary>A table that one thread replaces and another removes must be let go once.</summary>
    [Test]
    public async Task Putting_getting_and_removing_at_once_lets_every_table_go_exactly_once()
    {
        long before = ArrowCounters.LiveBoxes;
        await Task.WhenAll(Enumerable.Range(0, 6).Select(worker => Task.Run(() =>
        {
            for (int i = 0; i < 3000; i++)
            {
                try
                {
                    switch ((worker + i) % 3)
                    {
                        case 0:
                            Exchange.Put("raced", Table(1 + worker));
                            break;
                        case 1:
                            Exchange.Get("raced").Release();
                            break;
                        default:
                            Exchange.Remove("raced");
                            break;
                    }
                }
                catch (ZkArrowException e) when (e.Status == ZkArrowStatus.NotFound)
                {
                    // another thread has just removed it
                }
            }
        })));
        Exchange.Put("raced", Table(1));
        Exchange.Remove("raced");
        Assert.That(ArrowCounters.LiveBoxes, Is.EqualTo(before));
    }

    private static unsafe ArrowTable Table(int rows)
    {
        RecordBatch batch = new(
            new Apache.Arrow.Schema([new Field("x", Int64Type.Default, nullable: false)], null),
            [new Int64Array.Builder().AppendRange(Enumerable.Range(0, rows).Select(i => (long)i)).Build()],
            rows);
        CArrowArray* array = CArrowArray.Create();
        CArrowSchema* schema = CArrowSchema.Create();
        CArrowArrayExporter.ExportRecordBatch(batch, array);
        CArrowSchemaExporter.ExportSchema(batch.Schema, schema);
        try
        {
            return ArrowTable.FromBatch((ArrowArray*)array, (ArrowSchema*)schema);
        }
        finally
        {
            CArrowArray.Free(array);
            CArrowSchema.Free(schema);
        }
    }
}
