using CsCheck;
using NUnit.Framework;
using ZkArrow.ArrowC;
using ZkArrow.Tests.ArrowC;

namespace ZkArrow.Tests.Ipc;

/// <summary>Any slice of any batch is stored as exactly its own rows.</summary>
[TestFixture, NonParallelizable]
internal sealed unsafe class SliceTests
{
    [Test]
    public void AnySliceOfASliceIsStoredAsItsRows()
    {
        var counters = new LiveCounters();
        string[] names = [.. GoldenTests.All];
        var tables = names.Select(name => TestData.Read($"arrow-golden/{name}")).ToArray();
        Gen.Select(Gen.Int[0, names.Length - 1], Gen.Int[0, 7], Gen.Double.Unit.Array[4]).Sample(
            (file, batchNumber, cuts) =>
            {
                ArrowTable table = tables[file];
                if (table.Batches.Count == 0) return;
                ArrayBox batch = table.Batches[batchNumber % table.Batches.Count];
                using ArrowTable slice = Slice(table.Schema, batch, cuts[0], cuts[1], out long start);
                using ArrowTable inner = Slice(table.Schema, slice.Batches[0], cuts[2], cuts[3], out long more);
                byte[] bytes = TestData.Write(inner);
                using ArrowTable stored = TestData.ReadBytes(bytes);
                Assert.That(stored.Rows, Is.EqualTo(inner.Rows));
                for (long row = 0; row < stored.Rows; row++)
                {
                    bool same = Logical.SameValue(batch.View, start + more + row, stored.Batches[0].View, row, table.Schema.Root);
                    Assert.That(same, Is.True, $"row {row} of {names[file]}");
                }
            },
            iter: 3000,
            threads: 1);
        foreach (ArrowTable table in tables) table.Dispose();
        counters.AssertNothingLeft();
    }

    [Test]
    public void ASmallSliceOfALargeTableIsASmallFile()
    {
        using ArrowTable table = TestData.Read("tables/flights-200k.arrow");
        using ArrowTable slice = Slice(table.Schema, table.Batches[0], 0.5, 0.0001, out _);
        Assert.That(TestData.Write(slice), Has.Length.LessThan(5000));
    }

    /// <summary>A slice as a producer would hand it over: the offset and length of the top struct say it all.</summary>
    private static ArrowTable Slice(SchemaBox schema, ArrayBox batch, double from, double part, out long start)
    {
        ArrowSchema schemaStruct;
        ArrowArray array;
        schema.Export(&schemaStruct);
        batch.Export(&array);
        start = (long)(from * array.Length);
        array.Offset = start;
        array.Length = (long)(part * (array.Length - start + 1));
        return ArrowTable.FromBatch(&array, &schemaStruct);
    }
}
