using NUnit.Framework;
using ZkArrow.Segments;

namespace ZkArrow.Tests.Datasets;

/// <summary>Files of dropped versions are written again, and nobody who reads notices.</summary>
[TestFixture]
[NonParallelizable]
public sealed class RecycleTests : DatasetFixture
{
    private const int Rows = 50_000;
    private static readonly PublishOptions Host = new() { Residency = Residency.Host };

    [Test]
    public async Task A_publisher_that_drops_its_old_versions_writes_into_their_files()
    {
        ZkArrowClient publisher = await ConnectAsync(), reader = await ConnectAsync();
        long recycled = SegmentCounters.RecycledSegments;
        await publisher.PublishAsync("a", Int64(1, Rows), Host);
        using ZkArrowTable held = await reader.ReadAsync("a");
        for (int version = 2; version <= 9; version++)
        {
            await publisher.PublishAsync("a", Int64(version, Rows), Host);
            await publisher.DropAsync("a", version - 1);
            using ZkArrowTable table = await reader.ReadAsync("a");
            Assert.That(await ValuesAsync(table), Is.EqualTo(Enumerable.Range(version, Rows)));
        }

        // the first one's file waits for its reader; of the others two take turns
        Assert.That(SegmentCounters.RecycledSegments - recycled, Is.EqualTo(6));
        Assert.That(await ValuesAsync(held), Is.EqualTo(Enumerable.Range(1, Rows)));
        Assert.That(Pooled, Has.Length.EqualTo(2));
        await publisher.DropAsync("a");
        Assert.That(Pooled, Has.Length.EqualTo(3));
    }

    [Test]
    public async Task A_sweep_and_the_last_to_close_empty_the_pool()
    {
        ZkArrowClient client = await ConnectAsync();
        for (int time = 0; time < 2; time++)
        {
            await client.PublishAsync("a", Int64(1, Rows), Host);
            await client.DropAsync("a");
            Assert.That(Pooled, Has.Length.EqualTo(1));
            if (time == 0)
                Assert.That(await client.SweepAsync(TimeSpan.Zero), Is.Zero);
            else
                await client.DisposeAsync();
            Assert.That(Pooled, Is.Empty);
        }
    }

    private string[] Pooled => Directory.GetFiles($"{DataDirectory}/{SegmentPool.FolderName}");
}
