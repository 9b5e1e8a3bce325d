using System.Runtime.InteropServices;
using NUnit.Framework;
using ZkArrow.ArrowC;
using ZkArrow.Ipc;
using ZkArrow.Tests.ArrowC;

namespace ZkArrow.Tests.Ipc;

/// <summary>What a file says of views, list views, unions and runs is not believed: what costs nothing is checked always, each value when asked for.</summary>
[TestFixture, NonParallelizable]
internal sealed unsafe class HostileLayoutTests
{
    private LiveCounters _counters = null!;

    [SetUp]
    public void Count() => _counters = new LiveCounters();

    [TearDown]
    public void NothingIsLeft() => _counters.AssertNothingLeft();

    private delegate void Spoil(ArrowArray* column);

    [TestCase(0, -1, "had the length -1")]
    [TestCase(1, 0x7A7A7A7A, "began otherwise")]
    [TestCase(2, 1, "in the data buffer 1 of 1")]
    [TestCase(2, -1, "in the data buffer -1 of 1")]
    [TestCase(3, -1, "was at -1 with 13")]
    [TestCase(3, 8, "was at 8 with 13")]
    public void ViewsThatLeadOutAreFoundByTheFullCheck(int word, int value, string says) =>
        FoundByFullOnly("vu", column => ((int*)column->Buffers[1])[word] = value, says);

    [Test]
    public void ViewsNotPaddedOrNotTextAreFoundByTheFullCheck()
    {
        FoundByFullOnly("vu", column => ((byte*)column->Buffers[1])[16 + 15] = 1, "not padded");
        FoundByFullOnly("vu", column => ((byte*)column->Buffers[1])[16 + 4] = 0xFF, "UTF-8");
        FoundByFullOnly("vu", column => ((byte*)column->Buffers[2])[9] = 0xFF, "UTF-8");
    }

    [TestCase("+vl", 1, -1)]
    [TestCase("+vl", 1, 3)]
    [TestCase("+vl", 2, -1)]
    [TestCase("+vl", 2, 9)]
    [TestCase("+vL", 1, -1)]
    [TestCase("+vL", 2, 9)]
    public void ListViewsThatLeadOutAreFoundByTheFullCheck(string format, int buffer, int value) => FoundByFullOnly(
        format,
        column =>
        {
            if (format == "+vl") ((int*)column->Buffers[buffer])[1] = value;
            else ((long*)column->Buffers[buffer])[1] = value;
        },
        "of which there are 4");

    [TestCase("+us:3,5", 4)]
    [TestCase("+us:3,5", -1)]
    [TestCase("+ud:3,5", 4)]
    [TestCase("+ud:3,5", -128)]
    public void TypeIdsOfNoChildAreFoundByTheFullCheck(string format, int id) =>
        FoundByFullOnly(format, column => ((sbyte*)column->Buffers[0])[1] = (sbyte)id, $"had the type id {id}");

    [TestCase(-1)]
    [TestCase(4)]
    public void DenseOffsetsThatLeadOutAreFoundByTheFullCheck(int offset) =>
        FoundByFullOnly("+ud:3,5", column => ((int*)column->Buffers[1])[1] = offset, $"was the child's {offset}");

    [Test]
    public void DenseOffsetsThatGoBackwardsAreFoundByTheFullCheck() => FoundByFullOnly(
        "+ud:3,5",
        column =>
        {
            ((int*)column->Buffers[1])[0] = 1;
            ((int*)column->Buffers[1])[1] = 0;
        },
        "was the child's 0");

    [Test]
    public void RunsThatDoNotGrowAreFoundByTheFullCheck() => FoundByFullOnly("+r", column => Ends(column)[0] = 2, "The run 1");

    [Test]
    public void RunsThatEndTooSoonAreFoundAlways()
    {
        FoundAlways("+r", [1, 0, 0, 0, 2, 0, 0, 0], [1, 0, 0, 0, 1, 0, 0, 0], "runs up to 1 where 2");
        FoundAlways("+r", [1, 0, 0, 0, 2, 0, 0, 0], [0, 0, 0, 0, 2, 0, 0, 0], "first run that ends at 0");
    }

    [Test]
    public void RunsOfAProducerAreCheckedWhenTheyAreTaken()
    {
        ArrowSchema* schema = stackalloc ArrowSchema[1];
        ArrowArray* array = stackalloc ArrowArray[1];
        Make("+r", schema, array);
        Ends(array->Children[0])[1] = 1;
        ZkArrowException failure = Assert.Throws<ZkArrowException>(() => ArrowTable.FromBatch(array, schema))!;
        Assert.That(failure.Status, Is.EqualTo(ZkArrowStatus.InvalidArgument));
        Assert.That(failure.Message, Does.Contain("runs up to 1 where 2"));
        array->Release(array);
        schema->Release(schema);
    }

    [TestCase("vu", 1)]
    [TestCase("+vl", 2)]
    [TestCase("+ud:3,5", 1)]
    public void APartOfWhatLeadsOutCannotBeStored(string format, int buffer)
    {
        ArrowSchema schema;
        ArrowArray array;
        Make(format, &schema, &array);
        ((int*)array.Children[0]->Buffers[buffer])[format == "vu" ? 3 : 0] = 99;
        array.Length = 1;
        using ArrowTable table = ArrowTable.FromBatch(&array, &schema);
        ZkArrowException failure = Assert.Throws<ZkArrowException>(() => TestData.Write(table))!;
        Assert.That(failure.Status, Is.EqualTo(ZkArrowStatus.InvalidArgument));
        Assert.That(failure.Message, Does.Contain("out of").Or.Contain("led out"));
    }

    [Test]
    public void CountsOfDataBuffersThatDoNotFitAreFoundAlways()
    {
        using ArrowTable table = Table("vu");
        byte[] file = TestData.Write(table);
        // the vector of one count: its length, then the count in 64 bits, which are aligned
        byte[] count = [1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0];
        int at = file.AsSpan().IndexOf(count);
        Assert.That(at, Is.Positive);
        foreach (byte wrong in new byte[] { 0, 2, 200 })
        {
            byte[] copy = (byte[])file.Clone();
            copy[at + 4] = wrong;
            Assert.That(Assert.Throws<ZkArrowException>(() => TestData.ReadBytes(copy, ValidationLevel.Default))!.Status, Is.EqualTo(ZkArrowStatus.Corrupt));
        }
        file[at] = 0;
        Assert.That(Assert.Throws<ZkArrowException>(() => TestData.ReadBytes(file, ValidationLevel.Default))!.Status, Is.EqualTo(ZkArrowStatus.Corrupt));
    }

    private static int* Ends(ArrowArray* column) => (int*)column->Children[0]->Buffers[1];

    private static void FoundByFullOnly(string format, Spoil spoil, string says)
    {
        using ArrowTable table = Table(format);
        var memory = new OwnedMemory(TestData.Write(table));
        using ArrowTable read = IpcReader.Read(memory.Start, memory.Length, memory, ValidationLevel.Full, out _);
        // the buffers lie in the file
        spoil(read.Batches[0].View->Children[0]);
        byte[] file = new ReadOnlySpan<byte>(memory.Start, (int)memory.Length).ToArray();
        TestData.ReadBytes(file, ValidationLevel.Default).Dispose();
        Corrupt(file, ValidationLevel.Full, says);
    }

    private static void FoundAlways(string format, byte[] good, byte[] bad, string says)
    {
        using ArrowTable table = Table(format);
        byte[] file = TestData.Write(table);
        bad.CopyTo(file.AsSpan(file.AsSpan().IndexOf(good)));
        Corrupt(file, ValidationLevel.Default, says);
    }

    private static void Corrupt(byte[] file, ValidationLevel level, string says)
    {
        ZkArrowException failure = Assert.Throws<ZkArrowException>(() => TestData.ReadBytes(file, level))!;
        Assert.That(failure.Status, Is.EqualTo(ZkArrowStatus.Corrupt));
        Assert.That(failure.Message, Does.Contain(says));
    }

    private static ArrowTable Table(string format)
    {
        ArrowSchema schema;
        ArrowArray array;
        Make(format, &schema, &array);
        return ArrowTable.FromBatch(&array, &schema);
    }

    /// <summary>Two rows of one column; children, where there are any, have four int32.</summary>
    private static void Make(string format, ArrowSchema* schema, ArrowArray* array)
    {
        int children = format switch { "vu" => 0, "+vl" or "+vL" => 1, _ => 2 };
        CountedSource.Schema(schema, "+s", "", 0, 1);
        CountedSource.Schema(schema->Children[0], format, "c", 0, children);
        for (int i = 0; i < children; i++) CountedSource.Schema(schema->Children[0]->Children[i], "i", $"{i}", 0, 0);
        CountedSource.Array(array, 2, [0], 1);
        CountedSource.Array(array->Children[0], 2, Buffers(format), children);
        for (int i = 0; i < children; i++) CountedSource.Array(array->Children[0]->Children[i], 4, [0, Ints(1, 2, 3, 4)], 0);
        if (format == "+r") array->Children[0]->Children[0]->Length = 2;
    }

    private static nint[] Buffers(string format) => format switch
    {
        "vu" =>
        [
            0, CountedSource.Buffer([13, 0, 0, 0, .. "text"u8, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, .. "a"u8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
            CountedSource.Buffer("text that is a bit"u8), CountedSource.Buffer(MemoryMarshal.AsBytes<long>([18])),
        ],
        "+vl" => [0, Ints(2, 0), Ints(2, 3)],
        "+vL" => [0, CountedSource.Buffer(MemoryMarshal.AsBytes<long>([2, 0])), CountedSource.Buffer(MemoryMarshal.AsBytes<long>([2, 3]))],
        "+us:3,5" => [CountedSource.Buffer([3, 5])],
        "+ud:3,5" => [CountedSource.Buffer([3, 3]), Ints(0, 1)],
        _ => [],
    };

    private static nint Ints(params int[] values) => CountedSource.Buffer(MemoryMarshal.AsBytes<int>(values));
}
