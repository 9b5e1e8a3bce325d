using NUnit.Framework;
using ZkArrow.ArrowC;
using ZkArrow.Ipc;
using ZkArrow.Tests.ArrowC;

namespace ZkArrow.Tests.Ipc;

/// <summary>Bytes that are not what they say give a status, or a table that stays inside of them.</summary>
[TestFixture, NonParallelizable]
internal sealed unsafe class HostileTests
{
    private static readonly string[] Mutated =
    [
        "generated_primitive", "generated_dictionary", "generated_nested", "generated_map", "generated_recursive_nested",
        "generated_nested_dictionary", "generated_large_binary", "generated_decimal", "generated_custom_metadata", "generated_null",
        "generated_union", "generated_binary_view", "generated_list_view", "generated_run_end_encoded",
    ];

    private LiveCounters _counters = null!;

    [SetUp]
    public void Count() => _counters = new LiveCounters();

    [TearDown]
    public void NothingIsLeft() => _counters.AssertNothingLeft();

    public static IEnumerable<string> FuzzFiles => TestData.Fuzz;

    [TestCaseSource(nameof(FuzzFiles))]
    public void FilesThatOnceBrokeAnArrowAreRefused(string name)
    {
        byte[] bytes = File.ReadAllBytes(Path.Combine(TestData.Folder, "arrow-fuzz", name));
        ZkArrowException failure = Assert.Throws<ZkArrowException>(() => TestData.ReadBytes(bytes).Dispose())!;
        Assert.That(failure.Status, Is.AnyOf(ZkArrowStatus.Corrupt, ZkArrowStatus.Unsupported, ZkArrowStatus.TooLarge), failure.Message);
        Assert.That(failure.Message, Does.Not.Contain("\n"));
    }

    [Test]
    public void FlippedBytesNeverLeadOutside([Values] bool full, [Values] bool ours)
    {
        ValidationLevel level = full ? ValidationLevel.Full : ValidationLevel.Default;
        var random = new Random(20260101);
        byte[][] files = [.. Mutated.Select(name => File.ReadAllBytes(Path.Combine(TestData.Folder, "arrow-golden", $"{name}.arrow_file")))];
        if (ours) files = [.. files.Select(file => { using ArrowTable table = TestData.ReadBytes(file); return TestData.Write(table); })];
        int read = 0, refused = 0;
        for (int i = 0; i < 5000; i++)
        {
            byte[] file = (byte[])files[i % files.Length].Clone();
            int flips = random.Next(1, 4);
            for (int f = 0; f < flips; f++)
            {
                // the footer and the heads of messages are where it hurts, and are a small part of the bytes
                int at = random.Next(2) == 0 ? random.Next(file.Length) : file.Length - 1 - random.Next(Math.Min(2000, file.Length));
                file[at] = random.Next(3) == 0 ? (byte)random.Next(256) : (byte)(file[at] ^ (1 << random.Next(8)));
            }
            var memory = new OwnedMemory(file);
            try
            {
                using ArrowTable table = IpcReader.Read(memory.Start, memory.Length, memory, level, out _);
                new Bounds(memory.Start, memory.Length, level).Check(table);
                Assert.That(table.NBytes, Is.GreaterThanOrEqualTo(0));
                WriteAgain(table, level);
                read++;
            }
            catch (ZkArrowException failure)
            {
                Assert.That(failure.Status, Is.AnyOf(ZkArrowStatus.Corrupt, ZkArrowStatus.Unsupported, ZkArrowStatus.TooLarge), failure.Message);
                refused++;
            }
        }
        Assert.That(read, Is.GreaterThan(500), "most flips hit data");
        Assert.That(refused, Is.GreaterThan(500));
    }

    /// <summary>What leads out is found when it is stored again, unless it was looked for before.</summary>
    private static void WriteAgain(ArrowTable table, ValidationLevel level)
    {
        try
        {
            TestData.Write(table);
        }
        catch (ZkArrowException failure) when (level == ValidationLevel.Default && failure.Status == ZkArrowStatus.InvalidArgument)
        {
        }
    }

    [Test]
    public void AFileCutAnywhereIsRefused()
    {
        using ArrowTable table = CountedSource.Table(2, 3);
        byte[] file = TestData.Write(table);
        for (int length = 0; length < file.Length; length++)
        {
            ZkArrowException failure = Assert.Throws<ZkArrowException>(() => TestData.ReadBytes(file.AsSpan(0, length)))!;
            Assert.That(failure.Status, Is.EqualTo(ZkArrowStatus.Corrupt));
        }
    }

    [Test]
    public void OffsetsThatGoBackwardsAreFoundByTheFullCheckOnly() => FoundByFullOnly(
        text => { ((int*)text->Buffers[1])[1] = 5; ((int*)text->Buffers[1])[2] = 1; }, "backwards");

    [Test]
    public void BytesThatAreNotTextAreFoundByTheFullCheckOnly() => FoundByFullOnly(
        text => ((byte*)text->Buffers[2])[1] = 0xFF, "UTF-8");

    [Test]
    public void ALastOffsetBeyondTheDataIsFoundAlways()
    {
        using ArrowTable table = CountedSource.Table(2, 10);
        ((int*)table.Batches[0].View->Children[1]->Buffers[1])[10] = 10;
        byte[] file = TestData.Write(table);
        int at = file.AsSpan().IndexOf(new byte[] { 8, 0, 0, 0, 9, 0, 0, 0, 10, 0, 0, 0 }) + 8;
        file[at] = 11;
        Assert.That(Assert.Throws<ZkArrowException>(() => TestData.ReadBytes(file, ValidationLevel.Default))!.Status, Is.EqualTo(ZkArrowStatus.Corrupt));
    }

    private delegate void Spoil(ArrowArray* text);

    private static void FoundByFullOnly(Spoil spoil, string word)
    {
        using ArrowTable table = CountedSource.Table(2, 10);
        spoil(table.Batches[0].View->Children[1]);
        byte[] file = TestData.Write(table);
        TestData.ReadBytes(file, ValidationLevel.Default).Dispose();
        ZkArrowException failure = Assert.Throws<ZkArrowException>(() => TestData.ReadBytes(file))!;
        Assert.That(failure.Status, Is.EqualTo(ZkArrowStatus.Corrupt));
        Assert.That(failure.Message, Does.Contain(word));
    }
}
