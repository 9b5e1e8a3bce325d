using NUnit.Framework;
using ZkArrow.ArrowC;
using ZkArrow.Ipc;
using ZkArrow.Tests.ArrowC;

namespace ZkArrow.Tests.Ipc;

/// <summary>Files of every type that Arrow C++ wrote: read, written by us, read again.</summary>
[TestFixture, NonParallelizable]
internal sealed class GoldenTests
{
    private static readonly Dictionary<string, string> Refused = new()
    {
        ["generated_binary_view.arrow_file"] = "_view",
        ["generated_list_view.arrow_file"] = "list_view",
        ["generated_run_end_encoded.arrow_file"] = "run_end_encoded",
        ["generated_union.arrow_file"] = "_union",
    };

    public static IEnumerable<string> Supported => TestData.Golden.Where(name => !Refused.ContainsKey(name));

    [Test]
    public void AllCasesAreThere() => Assert.That(TestData.Golden, Has.Length.EqualTo(32));

    [TestCaseSource(nameof(Supported))]
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
    public void TypesThatCannotBeStoredAreRefusedByName([Values] bool full)
    {
        foreach ((string name, string type) in Refused)
        {
            ValidationLevel level = full ? ValidationLevel.Full : ValidationLevel.Default;
            long memory = OwnedMemory.Live;
            ZkArrowException failure = Assert.Throws<ZkArrowException>(() => TestData.Read($"arrow-golden/{name}", level))!;
            Assert.That(failure.Status, Is.EqualTo(ZkArrowStatus.Unsupported), failure.Message);
            Assert.That(failure.Message, Does.Contain(type));
            Assert.That(OwnedMemory.Live, Is.EqualTo(memory));
        }
    }

    [Test]
    public void WritesItsSchemaAsItIs()
    {
        foreach (string name in Supported)
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
