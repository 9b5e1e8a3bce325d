using NUnit.Framework;
using ZkArrow.ArrowC;
using ZkArrow.Ipc;
using ZkArrow.Tests.ArrowC;

namespace ZkArrow.Tests.Ipc;

/// <summary>Files as other writers make them: read with the reason why bytes were copied, or refused by name.</summary>
[TestFixture, NonParallelizable]
internal sealed unsafe class ForeignTests
{
    private LiveCounters _counters = null!;

    [SetUp]
    public void Count() => _counters = new LiveCounters();

    [TearDown]
    public void NothingIsLeft() => _counters.AssertNothingLeft();

    [Test]
    public void DictionaryDeltasAreReadAndSayThatTheyWereCopied([Values] bool full)
    {
        using ArrowTable table = TestData.Read("arrow-foreign/deltas.arrow", full ? ValidationLevel.Full : ValidationLevel.Default);
        Assert.That(table.CopyReason, Does.StartWith("dictionary deltas"));
        Assert.That(table.Rows, Is.EqualTo(6));
        // each batch has the last, no and the first value of its own dictionary
        var lengths = new List<long>();
        var last = new List<int>();
        ArrowArray** columns = table.Batches[1].View->Children;
        for (int i = 0; i < table.Schema.Fields.Count; i++)
        {
            lengths.Add(columns[i]->Dictionary->Length);
            last.Add(((sbyte*)columns[i]->Buffers[1])[0]);
        }
        Assert.That(lengths, Is.EqualTo([5L, 3, 4, 2, 4, 3, 2]));
        Assert.That(last, Is.EqualTo([4, 2, 3, 1, 3, 2, 1]));
        ArrowArray* text = columns[0]->Dictionary;
        (long from, long to) = Logical.Range(text, 4, table.Schema.Fields[0].Dictionary!.Type);
        Assert.That(Logical.Bytes(text->Buffers[2], from, to - from).SequenceEqual("ee"u8), Is.True);
        Assert.That(Logical.IsNull(text, 1, table.Schema.Fields[0].Dictionary!), Is.True);
        Assert.That(Logical.View(columns[1]->Dictionary, 2).SequenceEqual("another one that is long"u8), Is.True);
        ArrowArray* pair = columns[5]->Dictionary;
        (from, to) = Logical.Range(pair->Children[1], 1, table.Schema.Fields[5].Dictionary!.Children[1].Type);
        Assert.That(Logical.Bytes(pair->Children[1]->Buffers[2], from, to - from).SequenceEqual("q"u8), Is.True);

        using ArrowTable stored = TestData.ReadBytes(TestData.Write(table));
        Assert.That(stored.CopyReason, Is.Null);
        Assert.That(Logical.Difference(stored, table), Is.Null);
    }

    [TestCase("lz4", "LZ4")]
    [TestCase("zstd", "ZSTD")]
    public void CompressedFilesAreRefusedByName(string file, string codec)
    {
        ZkArrowException failure = Assert.Throws<ZkArrowException>(() => TestData.Read($"arrow-foreign/{file}.arrow"))!;
        Assert.That(failure.Status, Is.EqualTo(ZkArrowStatus.Unsupported));
        Assert.That(failure.Message, Does.Contain($"compressed with {codec}").And.Contain("write it without compression"));
    }

    [Test]
    public void UnionsOfTheOldMetadataVersionAreRead()
    {
        using ArrowTable table = TestData.Read("arrow-foreign/v4.arrow");
        Assert.That(table.CopyReason, Is.Null);
        Assert.That(table.Schema.Fields.Select(field => field.TypeName), Is.EqualTo(["sparse_union", "dense_union", "run_end_encoded", "utf8"]));
        using ArrowTable stored = TestData.ReadBytes(TestData.Write(table));
        Assert.That(Logical.Difference(stored, table), Is.Null);
    }

    [Test]
    public void MisalignedFilesAreCopiedAndSaySo()
    {
        foreach (string name in TestData.Golden)
        {
            byte[] file = File.ReadAllBytes(Path.Combine(TestData.Folder, "arrow-golden", name));
            using ArrowTable aligned = TestData.ReadBytes(file);
            var memory = new OwnedMemory([0, 0, 0, 0, .. file]);
            using ArrowTable table = IpcReader.Read(memory.Start + 4, file.Length, memory, ValidationLevel.Full, out _);
            Assert.That(Logical.Difference(table, aligned), Is.Null, name);
            if (table.Rows > 0 && table.NBytes > 0) Assert.That(table.CopyReason, Does.StartWith("misaligned"), name);
            Assert.That(aligned.CopyReason, Is.Null);
            foreach (ArrayBox batch in table.Batches)
            {
                for (long i = 0; i < batch.View->NChildren; i++) Aligned(batch.View->Children[i]);
            }
        }
    }

    private static void Aligned(ArrowArray* array)
    {
        for (long i = 0; i < array->NBuffers; i++)
        {
            // what is empty may point anywhere
            if (array->Length > 0) Assert.That((long)array->Buffers[i] % 4, Is.Zero);
        }
    }
}
