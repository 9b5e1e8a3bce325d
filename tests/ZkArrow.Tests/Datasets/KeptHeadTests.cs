using NUnit.Framework;
using ZkArrow.Segments;
using ZkArrow.Testing;

namespace ZkArrow.Tests.Datasets;

/// <summary>A head that was read stays mapped for the next reader, and for no longer than it is the head.</summary>
[TestFixture]
public sealed class KeptHeadTests : DatasetFixture
{
    private static readonly PublishOptions Host = new() { Residency = Residency.Host };

    [Test]
    public async Task A_head_stays_mapped_until_the_client_closes()
    {
        ZkArrowClient client = await ConnectAsync();
        await client.PublishAsync("a", Int64(0, 10), Host);
        for (int i = 0; i < 2; i++)
            (await client.ReadAsync("a")).Dispose();
        Assert.That(SegmentCounters.MappedSegments, Is.EqualTo(1));
        await client.DisposeAsync();
        Assert.That(SegmentCounters.MappedSegments, Is.Zero);
    }

    [Test]
    public async Task A_new_head_lets_go_of_the_one_before()
    {
        ZkArrowClient reader = await ConnectAsync();
        ZkArrowClient writer = await ConnectAsync();
        await writer.PublishAsync("a", Int64(0, 10), Host);
        (await reader.ReadAsync("a")).Dispose();
        await writer.PublishAsync("a", Int64(1, 10), Host);
        await NothingIsMappedAsync();
    }

    [Test]
    public async Task Publishing_it_anew_lets_go_of_the_one_before()
    {
        ZkArrowClient client = await ConnectAsync();
        await client.PublishAsync("a", Int64(0, 10), Host);
        (await client.ReadAsync("a")).Dispose();
        await client.PublishAsync("a", Int64(1, 10), Host);
        await NothingIsMappedAsync();
    }

    [Test]
    public async Task A_drop_lets_go_of_its_bytes()
    {
        ZkArrowClient reader = await ConnectAsync();
        ZkArrowClient writer = await ConnectAsync();
        await writer.PublishAsync("a", Int64(0, 10), Host);
        (await reader.ReadAsync("a")).Dispose();
        await writer.DropAsync("a");
        await NothingIsMappedAsync();
    }

    [Test]
    public async Task Only_some_heads_are_held_open()
    {
        const int Most = 64;
        ZkArrowClient client = await ConnectAsync();
        for (int i = 0; i <= Most; i++)
        {
            await client.PublishAsync($"d{i}", Int64(i, 10), Host);
            (await client.ReadAsync($"d{i}")).Dispose();
        }

        Assert.That(SegmentCounters.MappedSegments, Is.EqualTo(Most));
    }

    [Test]
    public async Task An_older_version_is_not_held_open()
    {
        ZkArrowClient client = await ConnectAsync();
        await client.PublishAsync("a", Int64(0, 10), Host);
        await client.PublishAsync("a", Int64(1, 10), Host);
        (await client.ReadAsync("a", new ReadOptions { Version = 1 })).Dispose();
        Assert.That(SegmentCounters.MappedSegments, Is.Zero);
    }

    private static Task NothingIsMappedAsync() =>
        Eventually.TrueAsync(() => SegmentCounters.MappedSegments == 0, "the segment is let go of");
}
