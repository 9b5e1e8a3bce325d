using System.Diagnostics;
using NUnit.Framework;

namespace ZkArrow.Tests.Datasets;

[TestFixture]
public sealed class CommitTests : DatasetFixture
{
    [Test]
    public async Task Of_writers_with_the_same_expectation_exactly_one_wins_and_the_others_learn_who()
    {
        ZkArrowClient[] writers = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => ConnectAsync()));
        int conflicts = 0;
        List<long> won = [];
        await Task.WhenAll(writers.Select(async writer =>
        {
            long expected = 0;
            for (int published = 0; published < 50;)
            {
                try
                {
                    DatasetVersion version = await writer.PublishAsync("a", Int64(0, 1), new PublishOptions { ExpectedVersion = expected });
                    Assert.That(version.Number, Is.EqualTo(expected + 1));
                    lock (won)
                        won.Add(version.Number);
                    published++;
                }
                catch (ZkArrowException e) when (e.Status is ZkArrowStatus.Conflict or ZkArrowStatus.AlreadyExists)
                {
                    Assert.That(e.Message, Does.Contain("published by").And.Contain(Environment.MachineName));
                    Interlocked.Increment(ref conflicts);
                }

                expected = (await writer.StatAsync("a")).Number;
            }
        }));
        Assert.That(won.Order(), Is.EqualTo(Enumerable.Range(1, 200).Select(i => (long)i)));
        Assert.That(conflicts, Is.Positive);
        Assert.That((await writers[0].HistoryAsync("a")).Select(v => v.CommitId).Distinct().Count(), Is.EqualTo(200));
    }

    [Test]
    public async Task Writers_without_expectation_all_get_a_version_of_their_own()
    {
        ZkArrowClient[] writers = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => ConnectAsync()));
        long[][] numbers = await Task.WhenAll(writers.Select(async writer =>
        {
            List<long> mine = [];
            for (int i = 0; i < 25; i++)
                mine.Add((await writer.PublishAsync("a", Int64(i, 10_000))).Number);
            return mine.ToArray();
        }));
        Assert.That(numbers.SelectMany(n => n).Order(), Is.EqualTo(Enumerable.Range(1, 100).Select(i => (long)i)));
        foreach (long[] mine in numbers)
            Assert.That(mine, Is.Ordered);
    }

    [Test]
    public async Task Expectations_that_cannot_hold_have_statuses_of_their_own()
    {
        ZkArrowClient client = await ConnectAsync();
        Assert.That(await StatusOf(async () => await client.PublishAsync("a", Int64(0, 1), new PublishOptions { ExpectedVersion = 1 })), Is.EqualTo(ZkArrowStatus.NotFound));
        await client.PublishAsync("a", Int64(0, 1), new PublishOptions { ExpectedVersion = 0 });
        Assert.That(await StatusOf(async () => await client.PublishAsync("a", Int64(0, 1), new PublishOptions { ExpectedVersion = 0 })), Is.EqualTo(ZkArrowStatus.AlreadyExists));
        Assert.That(await StatusOf(async () => await client.PublishAsync("a", Int64(0, 1), new PublishOptions { ExpectedVersion = 7 })), Is.EqualTo(ZkArrowStatus.Conflict));
        Assert.That(Assert.Throws<ZkArrowException>(() => _ = new PublishOptions { ExpectedVersion = -1 })!.Message, Does.Contain("ExpectedVersion"));
    }

    [Test]
    public async Task A_refused_publish_leaves_no_file()
    {
        ZkArrowClient client = await ConnectAsync();
        await client.PublishAsync("a", Int64(0, 1), new PublishOptions { Residency = Residency.Host });
        ZkArrowClient other = await ConnectAsync();
        await other.PublishAsync("a", Int64(0, 1), new PublishOptions { Residency = Residency.Host });
        Assert.That(
            await StatusOf(async () => await client.PublishAsync("a", Int64(0, 1), new PublishOptions { ExpectedVersion = 1, Residency = Residency.Host })),
            Is.EqualTo(ZkArrowStatus.Conflict));
        Assert.That(Directory.GetFiles(DataDirectory, "*.arrow", SearchOption.AllDirectories), Has.Length.EqualTo(2));
    }

    [Test]
    public async Task A_sweep_removes_what_no_record_names_and_nothing_else()
    {
        ZkArrowClient client = await ConnectAsync();
        await client.PublishAsync("a", Int64(0, 1), new PublishOptions { Residency = Residency.Host });
        string live = Directory.GetFiles(DataDirectory, "*.arrow", SearchOption.AllDirectories).Single();
        string orphan = Path.Combine(Path.GetDirectoryName(live)!, "0-2-0123456789ab.arrow");
        string elsewhere = Path.Combine(DataDirectory, Guid.NewGuid().ToString("N"), "0-1-0123456789ab.arrow");
        Directory.CreateDirectory(Path.GetDirectoryName(elsewhere)!);
        File.Copy(live, orphan);
        File.Copy(live, elsewhere);
        Assert.That(await client.SweepAsync(TimeSpan.FromHours(1)), Is.Zero);
        Assert.That(await client.SweepAsync(TimeSpan.Zero), Is.EqualTo(2));
        Assert.That(Directory.GetFiles(DataDirectory, "*.arrow", SearchOption.AllDirectories), Is.EqualTo(new[] { live }));
    }

    [Test]
    public async Task Publishing_what_somebody_else_drops_again_and_again_always_succeeds()
    {
        ZkArrowClient writer = await ConnectAsync();
        ZkArrowClient dropper = await ConnectAsync();
        using CancellationTokenSource done = new();
        int drops = 0;
        Task dropping = Task.Run(async () =>
        {
            while (!done.IsCancellationRequested)
            {
                try
                {
                    await dropper.DropAsync("a");
                    drops++;
                }
                catch (ZkArrowException e) when (e.Status == ZkArrowStatus.NotFound)
                {
                    // not made again yet
                }
            }
        });
        for (int i = 0; i < 500; i++)
            Assert.That((await writer.PublishAsync("a", Int64(i, 10), new PublishOptions { Residency = Residency.Host })).Rows, Is.EqualTo(10));
        await done.CancelAsync();
        await dropping;
        Assert.That(drops, Is.GreaterThan(10));
    }

    [Test]
    public async Task A_data_directory_that_may_only_be_read_serves_readers_and_refuses_writers_before_they_commit()
    {
        ZkArrowClient writer = await ConnectAsync();
        await writer.PublishAsync("a", Int64(1, 1), new PublishOptions { Residency = Residency.Host });
        string readOnly = DataDirectory + "-ro", elsewhere = DataDirectory + "-elsewhere";
        Directory.CreateDirectory(readOnly);
        try
        {
            RunAsRoot("mount", "--bind", DataDirectory, readOnly);
            RunAsRoot("mount", "-o", "remount,bind,ro", readOnly);
            ZkArrowClient reader = await ConnectAsync(o => o with { DataDirectory = readOnly });
            ZkArrowClient far = await ConnectAsync(o => o with { DataDirectory = elsewhere });
            using (ZkArrowTable table = await reader.ReadAsync("a"))
                Assert.That(table.Version.Number, Is.EqualTo(1));
            await far.PublishAsync("a", Int64(2, 1));
            for (int i = 0; i < 3; i++)
            {
                using ZkArrowTable table = await reader.ReadAsync("a", new ReadOptions { Strict = true });
                Assert.That(table.Version.Number, Is.EqualTo(2));
            }

            Assert.That(await StatusOf(async () => await reader.PublishAsync("a", Int64(3, 1))), Is.EqualTo(ZkArrowStatus.PermissionDenied));
            Assert.That(await StatusOf(async () => await reader.DropAsync("a")), Is.EqualTo(ZkArrowStatus.PermissionDenied));
            Assert.That((await writer.StatAsync("a")).Number, Is.EqualTo(2));
            await reader.DisposeAsync();
        }
        finally
        {
            RunAsRoot("umount", "--lazy", readOnly);
            Directory.Delete(readOnly);
            if (Directory.Exists(elsewhere))
                Directory.Delete(elsewhere, recursive: true);
        }
    }

    private static void RunAsRoot(string program, params string[] arguments)
    {
        using Process process = Process.Start(program, arguments);
        process.WaitForExit();
        Assert.That(process.ExitCode, Is.Zero, $"{program} {string.Join(' ', arguments)} needs root");
    }

    [Test]
    public async Task Publishers_and_sweepers_at_once_lose_nothing()
    {
        ZkArrowClient writer = await ConnectAsync();
        ZkArrowClient sweeper = await ConnectAsync();
        using CancellationTokenSource done = new();
        Task sweeping = Task.Run(async () =>
        {
            while (!done.IsCancellationRequested)
                await sweeper.SweepAsync(TimeSpan.Zero);
        });
        for (int i = 1; i <= 200; i++)
            await writer.PublishAsync("a", Int64(i, 10), new PublishOptions { Residency = Residency.Host });
        await done.CancelAsync();
        await sweeping;
        for (int i = 1; i <= 200; i++)
        {
            using ZkArrowTable table = await sweeper.ReadAsync("a", new ReadOptions { Version = i });
            Assert.That((await ValuesAsync(table))[0], Is.EqualTo(i));
        }
    }
}
