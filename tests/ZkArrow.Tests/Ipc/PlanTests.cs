using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Apache.Arrow;
using Apache.Arrow.Ipc;
using NUnit.Framework;
using ZkArrow.ArrowC;
using ZkArrow.Ipc;
using ZkArrow.Tests.ArrowC;

namespace ZkArrow.Tests.Ipc;

/// <summary>What a written file looks like, and what keeps its bytes.</summary>
[TestFixture, NonParallelizable]
internal sealed unsafe class PlanTests
{
    private LiveCounters _counters = null!;

    [SetUp]
    public void Count() => _counters = new LiveCounters();

    [TearDown]
    public void NothingIsLeft() => _counters.AssertNothingLeft();

    [Test]
    public void TheFooterCarriesItsPairs()
    {
        using ArrowTable table = CountedSource.Table(2, 5);
        byte[] file = TestData.Write(table, new("zkarrow:commit", "c-17"), new("", "é"), new("zkarrow:commit", "again"));
        var memory = new OwnedMemory(file);
        using ArrowTable read = IpcReader.Read(
            memory.Start, memory.Length, memory, ValidationLevel.Full, out IReadOnlyList<KeyValuePair<string, string>> footer);
        KeyValuePair<string, string>[] expected = [new("zkarrow:commit", "c-17"), new("", "é"), new("zkarrow:commit", "again")];
        Assert.That(footer, Is.EqualTo(expected));
    }

    [Test]
    public void EveryBufferIsAligned()
    {
        foreach (string name in GoldenTests.All)
        {
            using ArrowTable table = TestData.Read($"arrow-golden/{name}");
            byte[] file = TestData.Write(table);
            var memory = new OwnedMemory(file);
            using ArrowTable read = IpcReader.Read(memory.Start, memory.Length, memory, ValidationLevel.Full, out _);
            foreach (ArrayBox batch in read.Batches) Aligned(batch.View, memory.Start, file.Length);
        }

        static void Aligned(ArrowArray* array, byte* start, long length)
        {
            for (long i = 0; i < array->NBuffers; i++)
            {
                long at = (byte*)array->Buffers[i] - start;
                // a NULL bitmap and the one offset that is ours lie elsewhere
                if (at >= 0 && at < length) Assert.That(at % 64, Is.Zero);
            }
            for (long i = 0; i < array->NChildren; i++) Aligned(array->Children[i], start, length);
            if (array->Dictionary != null) Aligned(array->Dictionary, start, length);
        }
    }

    [Test]
    public void AFileWithoutItsMagicIsAStream()
    {
        using ArrowTable table = CountedSource.Table(2, 5);
        byte[] file = TestData.Write(table);
        using var reader = new ArrowStreamReader(new MemoryStream(file[8..]));
        RecordBatch batch = reader.ReadNextRecordBatch();
        Assert.That(((StringArray)batch.Column(1)).GetString(4), Is.EqualTo("4"));
        Assert.That(reader.ReadNextRecordBatch(), Is.Null);
    }

    [Test]
    public void TheBytesStayUntilTheLastBufferIsGone()
    {
        using ArrowTable source = CountedSource.Table(2, 5);
        long before = OwnedMemory.Live;
        ArrowTable table = TestData.ReadBytes(TestData.Write(source));
        ArrowArray array;
        table.Batches[0].Export(&array);
        bool told = false;
        table.OnReleased(() => told = true);
        table.Dispose();
        Assert.That(told, Is.True);
        ArrowArray child = *array.Children[0];
        array.Children[0]->Release = null;
        array.Release(&array);
        Assert.That(OwnedMemory.Live, Is.EqualTo(before + 1));
        Assert.That(((long*)child.Buffers[1])[4], Is.EqualTo(4));
        child.Release(&child);
        Assert.That(OwnedMemory.Live, Is.EqualTo(before));
    }

    [Test]
    public void TablesOfOneSchemaAreOneTable()
    {
        using ArrowTable a = CountedSource.Table(2, 5), b = CountedSource.Table(2, 7), other = CountedSource.Table(3, 1);
        using ArrowTable both = ArrowTable.Concat([a, b]);
        using ArrowTable read = TestData.ReadBytes(TestData.Write(both));
        Assert.That(read.Rows, Is.EqualTo(12));
        Assert.That(read.Batches, Has.Count.EqualTo(2));
        Assert.That(Assert.Throws<ZkArrowException>(() => ArrowTable.Concat([a, other]))!.Status, Is.EqualTo(ZkArrowStatus.SchemaMismatch));
    }

    [Test]
    public void OneDictionaryOfAllBatchesIsWrittenOnce([Values] bool sameMemory)
    {
        using ArrowTable first = Words("red", "blue"), second = sameMemory ? ArrowTable.Concat([first]) : Words("red", "blue");
        using ArrowTable both = ArrowTable.Concat([first, second]);
        byte[] file = TestData.Write(both);
        Assert.That(file.AsSpan().Count("redblue"u8), Is.EqualTo(1));
        using ArrowTable read = TestData.ReadBytes(file);
        Assert.That(Logical.Difference(both, read), Is.Null);
    }

    [Test]
    public void BuffersBeyondTwoGibibytesAreStoredAndRead([Values] bool isText)
    {
        const long Bytes = (1L << 31) + 11;
        // zeroed memory of this size is not there until it is touched, and nothing here touches more than its ends
        var values = (byte*)NativeMemory.AllocZeroed((nuint)Bytes);
        var file = (byte*)NativeMemory.AllocZeroed((nuint)(Bytes + 8192));
        long* offsets = stackalloc long[2] { 0, Bytes };
        void** noBuffer = stackalloc void*[1] { null };
        void** buffers = stackalloc void*[3] { null, isText ? offsets : values, values };
        long rows = isText ? 1 : Bytes;
        ArrowArray column = new() { Length = rows, NBuffers = isText ? 3 : 2, Buffers = buffers, Release = &Forget };
        ArrowArray* children = &column;
        ArrowArray batch = new() { Length = rows, NBuffers = 1, Buffers = noBuffer, NChildren = 1, Children = &children, Release = &Forget };
        ArrowSchema schema;
        CountedSource.Schema(&schema, "+s", "", 0, 1);
        CountedSource.Schema(schema.Children[0], isText ? "U" : "c", "wide", 0, 0);
        values[Bytes - 1] = 7;
        try
        {
            using ArrowTable table = ArrowTable.FromBatch(&batch, &schema);
            Assert.That(table.NBytes, Is.EqualTo(Bytes + (isText ? 16 : 0)));
            using IpcPlan plan = IpcPlan.Create(table, []);
            var sink = new SparseSink(file, Bytes);
            plan.Write(sink);
            Assert.That(sink.Length, Is.EqualTo(plan.Length));
            using ArrowTable read = IpcReader.Read(file, plan.Length, new OwnedMemory([]), ValidationLevel.Default, out _);
            Assert.That(read.Rows, Is.EqualTo(rows));
            Assert.That(((byte*)read.Batches[0].View->Children[0]->Buffers[isText ? 2 : 1])[Bytes - 1], Is.EqualTo(7));
        }
        finally
        {
            NativeMemory.Free(values);
            NativeMemory.Free(file);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Forget(ArrowArray* array) => array->Release = null;

    /// <summary>Writes to zeroed memory, of a piece of one certain length only the last byte.</summary>
    private sealed class SparseSink(byte* start, long sparse) : IIpcSink
    {
        public long Length { get; private set; }

        public void Write(byte* data, long length)
        {
            if (length == sparse) start[Length + length - 1] = data[length - 1];
            else Buffer.MemoryCopy(data, start + Length, length, length);
            Length += length;
        }

        public void Zeros(long length) => Length += length;
    }

    /// <summary>A batch of one dictionary-encoded column with the rows 1, 0.</summary>
    private static ArrowTable Words(string zero, string one)
    {
        ArrowSchema schema;
        ArrowArray array;
        CountedSource.Schema(&schema, "+s", "", 0, 1);
        CountedSource.Schema(schema.Children[0], "c", "colour", 0, 0);
        schema.Children[0]->Dictionary = (ArrowSchema*)NativeMemory.AllocZeroed((nuint)sizeof(ArrowSchema));
        CountedSource.Schema(schema.Children[0]->Dictionary, "u", "", 0, 0);
        CountedSource.Array(&array, 2, [0], 1);
        CountedSource.Array(array.Children[0], 2, [0, CountedSource.Buffer([1, 0])], 0);
        array.Children[0]->Dictionary = (ArrowArray*)NativeMemory.AllocZeroed((nuint)sizeof(ArrowArray));
        nint offsets = CountedSource.Buffer(MemoryMarshal.AsBytes<int>([0, zero.Length, zero.Length + one.Length]));
        nint data = CountedSource.Buffer(System.Text.Encoding.UTF8.GetBytes(zero + one));
        CountedSource.Array(array.Children[0]->Dictionary, 2, [0, offsets, data], 0);
        return ArrowTable.FromBatch(&array, &schema);
    }
}
