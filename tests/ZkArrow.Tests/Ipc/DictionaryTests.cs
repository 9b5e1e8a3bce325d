using System.Runtime.InteropServices;
using NUnit.Framework;
using ZkArrow.ArrowC;
using ZkArrow.Tests.ArrowC;

namespace ZkArrow.Tests.Ipc;

/// <summary>Dictionaries that differ from batch to batch become the one that a file can have, or are refused by name.</summary>
[TestFixture, NonParallelizable]
internal sealed unsafe class DictionaryTests
{
    private LiveCounters _counters = null!;

    [SetUp]
    public void Count() => _counters = new LiveCounters();

    [TearDown]
    public void NothingIsLeft() => _counters.AssertNothingLeft();

    [Test]
    public void ReplacedValuesFollowThoseThatWereThere()
    {
        using ArrowTable a = Words(["red", "blue"]), b = Words(["green", "red", "red"]), both = ArrowTable.Concat([a, b]);
        using ArrowTable stored = TestData.ReadBytes(TestData.Write(both));
        Assert.That(Logical.Difference(stored, both), Is.Null);
        Assert.That(Dictionary(stored, 0)->Length, Is.EqualTo(3));
        Assert.That(Indices(stored, 0), Is.EqualTo(new sbyte[] { 0, 1 }));
        Assert.That(Indices(stored, 1), Is.EqualTo(new sbyte[] { 2, 0, 0 }));
    }

    [Test]
    public void ADictionaryThatGrowsKeepsItsIndices([Values] bool ordered)
    {
        using ArrowTable a = Words(["red"], ordered), b = Words(["red", "blue"], ordered), c = Words(["red", "blue", "green"], ordered);
        using ArrowTable all = ArrowTable.Concat([b, a, c]), stored = TestData.ReadBytes(TestData.Write(all));
        Assert.That(Logical.Difference(stored, all), Is.Null);
        Assert.That(Dictionary(stored, 0)->Length, Is.EqualTo(3));
        Assert.That(Indices(stored, 2), Is.EqualTo(new sbyte[] { 0, 1, 2 }));
    }

    [Test]
    public void AnOrderThatWouldChangeIsRefusedByName()
    {
        using ArrowTable a = Words(["low", "high"], ordered: true), b = Words(["high", "low"], ordered: true), both = ArrowTable.Concat([a, b]);
        Refused(both, "'colour', whose order counts");
    }

    [Test]
    public void MoreValuesThanTheIndicesCanCountAreRefusedByName()
    {
        using ArrowTable a = Words([.. Enumerable.Range(0, 100).Select(i => $"a{i}")]), b = Words([.. Enumerable.Range(0, 100).Select(i => $"a{i + 28}")]);
        using ArrowTable fits = ArrowTable.Concat([a, b]), stored = TestData.ReadBytes(TestData.Write(fits));
        Assert.That(Dictionary(stored, 0)->Length, Is.EqualTo(128));
        using ArrowTable one = Words(["one"]), more = ArrowTable.Concat([a, b, one]);
        Refused(more, "'colour' had 129 different values in all batches, more than indices of type int8");
    }

    [Test]
    public void AnIndexOutOfItsDictionaryIsRefused()
    {
        using ArrowTable a = Words(["red", "blue"]), b = Words(["green"]), both = ArrowTable.Concat([a, b]);
        *(sbyte*)b.Batches[0].View->Children[0]->Buffers[1] = 7;
        ZkArrowException failure = Assert.Throws<ZkArrowException>(() => TestData.Write(both))!;
        Assert.That(failure.Status, Is.EqualTo(ZkArrowStatus.InvalidArgument));
        Assert.That(failure.Message, Does.Contain("'colour' was the dictionary's 7"));
    }

    private static void Refused(ArrowTable table, string word)
    {
        ZkArrowException failure = Assert.Throws<ZkArrowException>(() => TestData.Write(table))!;
        Assert.That(failure.Status, Is.EqualTo(ZkArrowStatus.Unsupported));
        Assert.That(failure.Message, Does.Contain(word));
    }

    private static ArrowArray* Dictionary(ArrowTable table, int batch) => table.Batches[batch].View->Children[0]->Dictionary;

    private static sbyte[] Indices(ArrowTable table, int batch)
    {
        ArrowArray* column = table.Batches[batch].View->Children[0];
        return new ReadOnlySpan<sbyte>(column->Buffers[1], (int)column->Length).ToArray();
    }

    /// <summary>A batch of one dictionary-encoded column with each word once.</summary>
    private static ArrowTable Words(string[] words, bool ordered = false)
    {
        ArrowSchema schema;
        ArrowArray array;
        CountedSource.Schema(&schema, "+s", "", 0, 1);
        CountedSource.Schema(schema.Children[0], "c", "colour", ordered ? ArrowSchema.FlagDictionaryOrdered : 0, 0);
        schema.Children[0]->Dictionary = (ArrowSchema*)NativeMemory.AllocZeroed((nuint)sizeof(ArrowSchema));
        CountedSource.Schema(schema.Children[0]->Dictionary, "u", "", 0, 0);
        CountedSource.Array(&array, words.Length, [0], 1);
        byte[] indices = [.. Enumerable.Range(0, words.Length).Select(i => (byte)i)];
        CountedSource.Array(array.Children[0], words.Length, [0, CountedSource.Buffer(indices)], 0);
        array.Children[0]->Dictionary = (ArrowArray*)NativeMemory.AllocZeroed((nuint)sizeof(ArrowArray));
        int[] offsets = [0, .. words.Select((_, i) => words.Take(i + 1).Sum(word => word.Length))];
        nint data = CountedSource.Buffer(System.Text.Encoding.UTF8.GetBytes(string.Concat(words)));
        CountedSource.Array(array.Children[0]->Dictionary, words.Length, [0, CountedSource.Buffer(MemoryMarshal.AsBytes<int>(offsets)), data], 0);
        return ArrowTable.FromBatch(&array, &schema);
    }
}
