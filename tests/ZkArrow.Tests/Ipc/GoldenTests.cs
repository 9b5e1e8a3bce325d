using NUnit.Framework;
using ZkArrow.ArrowC;
using ZkArrow.Ipc;
using ZkArrow.Tests.ArrowC;

namespace ZkArrow.Tests.Ipc;

/// <summary>Files of every type that Arrow C++ wrote: read, written by us, read again.</summary>
[TestFixture, NonParallelizable]
internal sealed class GoldenTests
{
    public static IEnumerable<string> All => TestData.Golden;

    [Test]
    public void AllCasesAreThere() => Assert.That(TestData.Golden, Has.Length.EqualTo(32));

    [TestCaseSource(nameof(All))]
    public void SurvivesReadAndWrite(string name)
    {
        long boxes = ArrowCounters.LiveBoxes;
        long memory = OwnedMemory.Live;
        using (ArrowTable read = TestData.Read($"arrow-golden/{name}"))
        using (ArrowTable again = TestData.ReadBytes(TestData.Write(read)))
        {
            Assert.That(Logical.Difference(read, again), Is.Null);
            Assert.That(again.Batches, Has.Count.EqualTo(read.Batches.Count));
            Assert.That(again.Schema.Fingerprint, Is.EqualTo(read.Schema.Fingerprint));
            using ArrowTable third = TestData.ReadBytes(TestData.Write(again), ValidationLevel.Default);
            Assert.That(Logical.Difference(read, third), Is.Null);
            Assert.That(third.NBytes, Is.EqualTo(again.NBytes));
        }
        Assert.That(ArrowCounters.LiveBoxes, Is.EqualTo(boxes));
        Assert.That(OwnedMemory.Live, Is.EqualTo(memory));
    }

    [Test]
    public void WritesItsSchemaAsItIs()
    {
        foreach (string name in All)
        {
            using ArrowTable table = TestData.Read($"arrow-golden/{name}");
            byte[] file = TestData.Write(table);
            Assert.That(file.AsSpan(8, table.Schema.IpcMessage.Length).SequenceEqual(table.Schema.IpcMessage), Is.True);
        }
    }

    [Test]
    public void ReadsALargeForeignTable()
    {
        using ArrowTable table = TestData.Read("tables/flights-200k.arrow");
        using ArrowTable again = TestData.ReadBytes(TestData.Write(table));
        Assert.That(table.Rows, Is.EqualTo(231083).Or.EqualTo(200000));
        Assert.That(Logical.Difference(table, again), Is.Null);
    }
}
