using NUnit.Framework;
using ZkArrow.ArrowC;
using ZkArrow.Segments;

namespace ZkArrow.Tests.Api;

/// <summary>Many calls: <c>ZKARROW_CALLS=1000000</c> for as many as the name says.</summary>
[NonParallelizable]
public sealed class MillionTests
{
    private const int CallsOfARound = 5;

    [Test]
    public async Task A_million_calls_leave_nothing_and_no_growth()
    {
        int rounds = int.Parse(Environment.GetEnvironmentVariable("ZKARROW_CALLS") ?? "20000", System.Globalization.CultureInfo.InvariantCulture) / CallsOfARound;
        using LocalNamespace space = new();
        await using (ZkArrowClient client = await ZkArrowClient.ConnectAsync(space.Url))
        {
            await client.PublishAsync("t", LocalNamespace.Row(), new PublishOptions { Residency = Residency.Host });
            for (int i = 0; i < 1000; i++)
                await RoundAsync(client);
            var before = Counters();
            (long memory, int files) = (Resident(), Directory.GetFiles("/proc/self/fd").Length);
            for (int i = 0; i < rounds; i++)
                await RoundAsync(client);
            Assert.That(Counters(), Is.EqualTo(before));
            Assert.That(Directory.GetFiles("/proc/self/fd"), Has.Length.EqualTo(files));
            Assert.That(Resident() - memory, Is.LessThan(32 << 20), "bytes");
        }

        Assert.That(SegmentCounters.MappedSegments, Is.Zero);
    }

    /// <summary>A read, its stream and batch, a loan, what is not there, and what is known of a version.</summary>
    private static async Task RoundAsync(ZkArrowClient client)
    {
        using (ZkArrowTable table = await client.ReadAsync("t"))
        using (Apache.Arrow.Ipc.IArrowArrayStream stream = table.ToArrowStream())
        using (Apache.Arrow.RecordBatch? batch = await stream.ReadNextRecordBatchAsync())
            Assert.That(batch!.Length, Is.EqualTo(1));
        Assert.That((await client.StatAsync("t")).Rows, Is.EqualTo(1));
        Assert.That(() => new ReadOptions { Version = -1 }, Throws.TypeOf<ZkArrowException>());
    }

    private static (long Arrays, long Streams, long Schemas, long Boxes, long Segments, long Pins) Counters() =>
        (ArrowCounters.LiveExportedArrays, ArrowCounters.LiveExportedStreams, ArrowCounters.LiveExportedSchemas, ArrowCounters.LiveBoxes,
            SegmentCounters.MappedSegments, SegmentCounters.OpenPins);

    private static long Resident()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        return long.Parse(File.ReadAllText("/proc/self/statm").Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture) * Environment.SystemPageSize;
    }
}
