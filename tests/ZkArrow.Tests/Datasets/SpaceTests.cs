using System.Diagnostics;
using NUnit.Framework;
using ZkArrow.Segments;

namespace ZkArrow.Tests.Datasets;

/// <summary>A full data directory: the refusal says what holds the space.</summary>
[TestFixture]
[NonParallelizable]
public sealed class SpaceTests : DatasetFixture
{
    private const string Skip = "ZKARROW_SKIP_MOUNT_TESTS";
    private static readonly PublishOptions Host = new() { Residency = Residency.Host };

    [Test]
    public async Task The_refusal_tells_versions_from_pinned_ones_and_orphans()
    {
        if (Environment.GetEnvironmentVariable(Skip) == "1")
            Assert.Ignore($"{Skip}=1");
        Directory.CreateDirectory(DataDirectory);
        Run("mount", "-t", "tmpfs", "-o", "size=4m,mode=0750", "zkarrow-tests", DataDirectory);
        try
        {
            ZkArrowClient client = await ConnectAsync();
            await client.PublishAsync("a", Int64(0, 100_000), Host);
            DataDirectory directory = ZkArrow.Segments.DataDirectory.Open(DataDirectory, "unused");
            string incarnation = directory.List().Single().Name.Split('/')[0];
            Add(directory, $"{incarnation}/0-7-0123456789ab.arrow", 500_000).Dispose();
            using SegmentPin pinned = Add(directory, $"{incarnation}/0-8-0123456789ab.arrow", 600_000);
            ZkArrowException error = (await Assert.ThrowsAsync<ZkArrowException>(async () => await client.PublishAsync("b", Int64(0, 400_000), Host)))!;
            Assert.That(error.Status, Is.EqualTo(ZkArrowStatus.NoSpace));
            Assert.That(
                error.Message,
                Does.Match(@"held by 80\d{4} bytes in 1 segments of versions, 600000 bytes in 1 segments in use that no version names, 500000 bytes in 1 segments that a sweep"));

            // nothing was lost, and what a sweep gives back is enough
            pinned.Dispose();
            Assert.That(await client.SweepAsync(TimeSpan.Zero), Is.EqualTo(2));
            using ZkArrowTable table = await client.ReadAsync("a");
            Assert.That(table.RowCount, Is.EqualTo(100_000));
            Assert.That((await client.PublishAsync("b", Int64(0, 300_000), Host)).Number, Is.EqualTo(1));
        }
        finally
        {
            Run("umount", "--lazy", DataDirectory);
        }
    }

    private static unsafe SegmentPin Add(DataDirectory directory, string name, long length) =>
        directory.WritePinned(name, length, sink => sink.Zeros(length));

    private static void Run(string program, params string[] arguments)
    {
        using Process process = Process.Start(program, arguments);
        Assert.That(process.WaitForExit(TimeSpan.FromSeconds(30)) && process.ExitCode == 0, Is.True, $"{program} failed: run as root, or set {Skip}=1");
    }
}
