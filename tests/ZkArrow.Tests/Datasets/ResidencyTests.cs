using Apache.Arrow;
using Apache.Arrow.Types;
using NUnit.Framework;
using ZkArrow.Segments;
using ZkArrow.Testing;

namespace ZkArrow.Tests.Datasets;

/// <summary>Versions on disk and in one process: who reads them, what outlives what, and what is given back when.</summary>
[TestFixture]
[NonParallelizable]
public sealed class ResidencyTests : DatasetFixture
{
    private static readonly PublishOptions Host = new() { Residency = Residency.Host };
    private static readonly PublishOptions Disk = new() { Residency = Residency.Disk };
    private static readonly PublishOptions InProcess = new() { Residency = Residency.Process };

    private string DiskDirectory => $"{DataDirectory}-disk";

    [TearDown]
    public void RemoveDisk()
    {
        if (Directory.Exists(DiskDirectory))
            Directory.Delete(DiskDirectory, recursive: true);
    }

    [Test]
    public async Task A_disk_version_outlives_a_restart_and_a_host_version_does_not()
    {
        ZkArrowClient client = await ConnectWithDiskAsync();
        Assert.That((await client.PublishAsync("kept", Int64(5, 1000), Disk)).Residency, Is.EqualTo(Residency.Disk));
        await client.PublishAsync("lost", Int64(5, 1000), Host);
        Assert.That((Files(DataDirectory).Length, Files(DiskDirectory).Length), Is.EqualTo((1, 1)));
        await CloseClientsAsync();
        Directory.Delete(DataDirectory, recursive: true); // shared memory after a restart

        client = await ConnectWithDiskAsync();
        using ZkArrowTable table = await client.ReadAsync("kept");
        Assert.That((table.IsZeroCopy, table.Version.Residency), Is.EqualTo((true, Residency.Disk)));
        Assert.That(await ValuesAsync(table), Is.EqualTo(Enumerable.Range(5, 1000)));
        Assert.That(await StatusOf(async () => await client.ReadAsync("lost")), Is.EqualTo(ZkArrowStatus.DataLost));
    }

    [Test]
    public async Task Disk_residency_needs_a_disk_directory()
    {
        ZkArrowClient with = await ConnectWithDiskAsync(), without = await ConnectAsync();
        ZkArrowException refused = (await Assert.ThrowsAsync<ZkArrowException>(async () => await without.PublishAsync("t", Int64(0, 3), Disk)))!;
        Assert.That(refused.Status, Is.EqualTo(ZkArrowStatus.InvalidArgument));
        Assert.That(refused.Message, Does.Contain("open it with disk_dir"));
        Assert.That(await StatusOf(async () => await without.StatAsync("t")), Is.EqualTo(ZkArrowStatus.NotFound));

        await with.PublishAsync("t", Int64(0, 3), Disk);
        ZkArrowException elsewhere = (await Assert.ThrowsAsync<ZkArrowException>(async () => await without.ReadAsync("t")))!;
        Assert.That(elsewhere.Status, Is.EqualTo(ZkArrowStatus.NotResident));
        Assert.That(elsewhere.Message, Does.Contain($"in {DiskDirectory} of host {Environment.MachineName}").And.Contain("has no disk directory"));
        Assert.That(await StatusOf(async () => await without.AppendAsync("t", Int64(3, 3))), Is.EqualTo(ZkArrowStatus.NotResident));
        foreach (string file in Files(DiskDirectory))
            File.Delete(file);
        Assert.That(await StatusOf(async () => await with.ReadAsync("t")), Is.EqualTo(ZkArrowStatus.DataLost));
    }

    [Test]
    public async Task Appends_transactions_and_loans_go_where_they_are_told([Values(Residency.Disk, Residency.Process)] Residency place)
    {
        ZkArrowClient client = await ConnectWithDiskAsync();
        PublishOptions there = new() { Residency = place };
        int before = Files(DiskDirectory).Length;
        await client.PublishAsync("t", Int64(0, 3), Host);
        Assert.That((await client.AppendAsync("t", Int64(3, 3), there)).Residency, Is.EqualTo(place));
        DatasetVersion stayed = await client.AppendAsync("t", Int64(6, 3));
        Assert.That((stayed.Residency, stayed.Rows), Is.EqualTo((place, 9L)), "an append stays where its dataset is");
        using (ZkArrowTransaction transaction = client.BeginTransaction())
        {
            await transaction.PublishAsync("u", Int64(0, 2), there);
            await transaction.PublishAsync("v", Int64(0, 2), Host);
            await transaction.CommitAsync();
        }

        using (ZkArrowLoan loan = client.Loan(new Schema([new Field("x", Int64Type.Default, false)], null), 4))
        {
            loan.Column<long>("x").Fill(7);
            Assert.That(await StatusOf(async () => await loan.PublishAsync("w", options: there with { ExpectedVersion = 3 })), Is.EqualTo(ZkArrowStatus.NotFound));
            Assert.That((await loan.PublishAsync("w", options: there)).Residency, Is.EqualTo(place));
        }

        foreach ((string name, long[] values) in new (string, long[])[] { ("t", [.. Enumerable.Range(0, 9)]), ("u", [0, 1]), ("v", [0, 1]), ("w", [7, 7, 7, 7]) })
        {
            using ZkArrowTable table = await client.ReadAsync(name, new ReadOptions { ValidateFull = true });
            Assert.That(await ValuesAsync(table), Is.EqualTo(values), name);
        }

        Assert.That(Files(DiskDirectory).Length - before, Is.EqualTo(place == Residency.Disk ? 4 : 0));
        Assert.That(Files(DataDirectory), Has.Length.EqualTo(2), "the first of t, and v");
        Assert.That((await client.AppendAsync("t", Int64(9, 1), Host)).Residency, Is.EqualTo(Residency.Host), "and moves when it is told to");
    }

    [Test]
    public async Task What_is_dropped_retired_or_orphaned_on_disk_goes()
    {
        ZkArrowClient client = await ConnectWithDiskAsync();
        await client.PublishAsync("t", Int64(0, 100_000), Disk);
        await client.PublishAsync("t", Int64(0, 100_000), Disk);
        await client.DropAsync("t", 1);
        string kept = Files(DiskDirectory).Single();
        string orphan = Path.Combine(Path.GetDirectoryName(kept)!, "0-99-0123456789ab.arrow");
        File.Copy(kept, orphan);
        Assert.That(await client.SweepAsync(TimeSpan.Zero), Is.EqualTo(1));
        Assert.That(Files(DiskDirectory), Is.EqualTo(new[] { kept }));
        await client.DropAsync("t");
        Assert.That(Files(DiskDirectory), Is.Empty);
    }

    [Test]
    public async Task Namespaces_share_a_disk_directory()
    {
        ZkArrowClient one = await ConnectWithDiskAsync();
        ZkArrowClient other = await ConnectAsync(options => options with { DiskDirectory = DiskDirectory, DataDirectory = $"{DataDirectory}/other" }, $"{Url}-other");
        await one.PublishAsync("t", Int64(0, 3), Disk);
        await other.PublishAsync("t", Int64(3, 3), Disk);
        Assert.That(await one.SweepAsync(TimeSpan.Zero) + await other.SweepAsync(TimeSpan.Zero), Is.Zero);
        Assert.That(Files(DiskDirectory), Has.Length.EqualTo(2));
    }

    [Test]
    public async Task A_process_version_is_read_in_its_process_until_its_client_is_closed()
    {
        ZkArrowClient publisher = await ConnectAsync(), reader = await ConnectAsync();
        Assert.That((await publisher.PublishAsync("t", Int64(5, 1000), InProcess)).Residency, Is.EqualTo(Residency.Process));
        Assert.That(Files(DataDirectory), Is.Empty);
        using ZkArrowTable table = await reader.ReadAsync("t");
        Assert.That((table.IsZeroCopy, table.Version.ProcessId), Is.EqualTo((true, Environment.ProcessId)));
        Assert.That(await publisher.SweepAsync(TimeSpan.Zero), Is.Zero);
        Assert.That(await reader.SweepAsync(TimeSpan.Zero), Is.Zero);
        using (await reader.ReadAsync("t"))
            await publisher.DisposeAsync();
        Assert.That(await ValuesAsync(table), Is.EqualTo(Enumerable.Range(5, 1000)), "what is held stays");
        ZkArrowException gone = (await Assert.ThrowsAsync<ZkArrowException>(async () => await reader.ReadAsync("t")))!;
        Assert.That((gone.Status, gone.Message.Contains("is closed", StringComparison.Ordinal)), Is.EqualTo((ZkArrowStatus.DataLost, true)), gone.Message);
    }

    [Test]
    public async Task Memory_of_the_process_is_given_back_on_retention_and_drop()
    {
        ZkArrowClient client = await ConnectAsync(), other = await ConnectAsync();
        await client.ConfigureAsync("t", new DatasetOptions { Retention = new Retention { Versions = 1 } });
        for (int i = 0; i < 3; i++)
            await client.PublishAsync("t", Int64(i, 100_000), InProcess);
        await Eventually.TrueAsync(() => SegmentCounters.MappedSegments == 1, "old versions leave the memory");
        await other.DropAsync("t");
        Assert.That(SegmentCounters.MappedSegments, Is.Zero);
    }

    private static string[] Files(string directory) =>
        Directory.Exists(directory) ? Directory.GetFiles(directory, "*.arrow", SearchOption.AllDirectories) : [];

    private Task<ZkArrowClient> ConnectWithDiskAsync() => ConnectAsync(options => options with { DiskDirectory = DiskDirectory });
}
