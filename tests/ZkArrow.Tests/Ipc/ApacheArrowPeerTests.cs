using Apache.Arrow;
using Apache.Arrow.C;
using Apache.Arrow.Ipc;
using Apache.Arrow.Types;
using NUnit.Framework;
using ZkArrow.ArrowC;
using ZkArrow.Tests.ArrowC;

namespace ZkArrow.Tests.Ipc;

/// <summary>Apache.Arrow, which we did not write, reads what we write and writes what we read.</summary>
[TestFixture, NonParallelizable]
internal sealed unsafe class ApacheArrowPeerTests
{
    /// <summary>Apache.Arrow 23 gives the entries of maps its own names; the values it reads well.</summary>
    private const string NamesLost = "generated_map_non_canonical.arrow_file";

    [TestCaseSource(typeof(GoldenTests), nameof(GoldenTests.All))]
    public void ReadsOurFiles(string name)
    {
        using ArrowTable table = TestData.Read($"arrow-golden/{name}");
        using ArrowTable theirs = ReadByApache(TestData.Write(table));
        if (name != NamesLost) Assert.That(theirs.Schema.FirstDifference(table.Schema), Is.Null);
        Assert.That(Logical.ValueDifference(table, theirs), Is.Null);
    }

    [Test]
    public void WritesWhatWeRead()
    {
        RecordBatch batch = new RecordBatch.Builder()
            .Append("number", false, new Int64Array.Builder().AppendRange(Enumerable.Range(0, 1000).Select(i => (long)i)).Build())
            .Append("text", true, new StringArray.Builder().AppendRange(Enumerable.Range(0, 1000).Select(i => i % 7 == 0 ? null! : $"word {i}")).Build())
            .Append("flag", true, new BooleanArray.Builder().AppendRange(Enumerable.Range(0, 1000).Select(i => i % 3 == 0)).Build())
            .Build();
        var stream = new MemoryStream();
        using (var writer = new ArrowFileWriter(stream, batch.Schema, leaveOpen: true))
        {
            writer.WriteRecordBatch(batch);
            writer.WriteRecordBatch(batch.Slice(13, 100));
            writer.WriteEnd();
        }
        using ArrowTable ours = TestData.ReadBytes(stream.ToArray());
        using ArrowTable theirs = ReadByApache(stream.ToArray());
        Assert.That(ours.Rows, Is.EqualTo(1100));
        Assert.That(Logical.Difference(ours, theirs), Is.Null);
        Assert.That(((StringArray)batch.Column(1)).GetString(1), Is.EqualTo("word 1"));
        ArrowArray* text = ours.Batches[0].View->Children[1];
        (long from, long to) = Logical.Range(text, 1, ours.Schema.Fields[1].Type);
        Assert.That(Logical.Bytes(text->Buffers[2], from, to - from).SequenceEqual("word 1"u8), Is.True);
    }

    [Test]
    public void SeesOurExports()
    {
        using ArrowTable table = TestData.Read("arrow-golden/generated_primitive.arrow_file");
        ArrowArrayStream exported;
        table.Export(&exported);
        using IArrowArrayStream stream = CArrowArrayStreamImporter.ImportArrayStream((CArrowArrayStream*)&exported);
        long rows = 0;
        while (stream.ReadNextRecordBatchAsync().AsTask().Result is RecordBatch batch)
        {
            rows += batch.Length;
            batch.Dispose();
        }
        Assert.That(rows, Is.EqualTo(table.Rows));
        Assert.That(stream.Schema.FieldsList, Has.Count.EqualTo(table.Schema.Fields.Count));
        Assert.That(stream.Schema.FieldsList.Select(field => field.DataType.TypeId), Does.Contain(ArrowTypeId.Int64));
    }

    private static ArrowTable ReadByApache(byte[] file)
    {
        using var reader = new ArrowFileReader(new MemoryStream(file));
        ArrowArrayStream exported;
        CArrowArrayStreamExporter.ExportArrayStream(new FileBatches(reader), (CArrowArrayStream*)&exported);
        try
        {
            return ArrowTable.Drain(&exported);
        }
        finally
        {
            if (exported.Release != null) exported.Release(&exported);
        }
    }

    private sealed class FileBatches(ArrowFileReader reader) : IArrowArrayStream
    {
        private readonly int _count = reader.RecordBatchCountAsync().AsTask().Result;
        private int _next;

        public Schema Schema => reader.Schema;

        public ValueTask<RecordBatch> ReadNextRecordBatchAsync(CancellationToken cancellationToken = default) =>
            new(_next < _count ? reader.ReadRecordBatchAsync(_next++, cancellationToken).AsTask().Result : null!);

        public void Dispose()
        {
        }
    }
}
