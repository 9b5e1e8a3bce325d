using CsCheck;
using NUnit.Framework;
using ZkArrow.Coordination;
using ZkArrow.Datasets;
using ZkArrow.Segments;
using ZkArrow.Testing;

namespace ZkArrow.Tests.Datasets;

/// <summary>Old versions go, and nothing that is named, tagged or held.</summary>
[TestFixture]
public sealed class RetentionTests : DatasetFixture
{
    private static readonly PublishOptions Host = new() { Residency = Residency.Host };

    /// <summary>How many runs the property test makes; more for a long one.</summary>
    private static readonly int Runs = int.Parse(Environment.GetEnvironmentVariable("ZKARROW_RETENTION_RUNS") ?? "12", null);

    [Test]
    public async Task A_publisher_takes_old_versions_along_and_a_reader_keeps_its_bytes()
    {
        ZkArrowClient client = await ConnectAsync();
        await client.ConfigureAsync("a", new DatasetOptions { Retention = new Retention { Versions = 3 } });
        await client.PublishAsync("a", Int64(100, 3), Host);
        using ZkArrowTable held = await client.ReadAsync("a");
        for (int i = 2; i <= 10; i++)
            await client.PublishAsync("a", Int64(i, 1), Host with { Tags = i == 5 ? ["keep"] : [] });
        await Eventually.TrueAsync(async () => await NumbersAsync(client) is [5, 8, 9, 10], "the tagged one and the last three are left");
        await Eventually.TrueAsync(() => Segments().Length == 4, "and their bytes");
        Assert.That(await ValuesAsync(held), Is.EqualTo(new[] { 100L, 101L, 102L }));
        Assert.That(await StatusOf(async () => (await client.ReadAsync("a", new ReadOptions { Version = 1 })).Dispose()), Is.EqualTo(ZkArrowStatus.NotFound));
        await client.UntagAsync("a", "keep");
        await client.SweepAsync(TimeSpan.FromHours(1));
        Assert.That(await NumbersAsync(client), Is.EqualTo(new[] { 8L, 9L, 10L }));
    }

    [Test]
    public async Task Age_and_bytes_are_limits_too()
    {
        ZkArrowClient client = await ConnectAsync();
        for (int i = 1; i <= 6; i++)
            await client.PublishAsync("a", Int64(i, 100), Host);
        long each = (await client.StatAsync("a")).Bytes;
        await client.ConfigureAsync("a", new DatasetOptions { Retention = new Retention { Bytes = (2 * each) + 1 } });
        await client.SweepAsync(TimeSpan.FromHours(1));
        Assert.That(await NumbersAsync(client), Is.EqualTo(new[] { 5L, 6L }));
        Assert.That((await client.DescribeAsync("a")).Bytes, Is.EqualTo(Segments().Sum(file => new FileInfo(file).Length)));
        await client.ConfigureAsync("a", new DatasetOptions { Retention = new Retention { Age = TimeSpan.FromMicroseconds(1) } });
        await client.SweepAsync(TimeSpan.FromHours(1));
        Assert.That(await NumbersAsync(client), Is.EqualTo(new[] { 6L }), "the head stays");
    }

    [Test]
    public void The_rule_keeps_the_head_and_what_is_tagged_and_no_more_than_the_limits()
    {
        Gen<Manifest[]> versions = Gen.Select(Gen.Int[1, 4], Gen.Long[0, 100]).Array[1, 20].Select(all => all.Select((v, i) => Version(i + 1, v.Item1, v.Item2)).ToArray());
        Gen.Select(versions, Gen.Int[1, 8], Gen.Int[1, 12], Gen.Int[1, 100], Gen.Int[0, 7], Gen.Int[1, 20].Array[0, 3]).Sample((all, count, bytes, age, which, tags) =>
        {
            DatasetRecord record = new(1, "a", 0)
            {
                KeepVersions = (which & 1) == 0 ? count : null,
                KeepBytes = (which & 2) == 0 ? bytes : null,
                KeepAgeUs = (which & 4) == 0 ? age : null,
                Tags = tags.Distinct().ToDictionary(t => $"t{t}", t => (long)t),
            };
            IReadOnlyList<Manifest> victims = RetentionRule.Victims(record, all, nowUs: 100);
            Manifest[] left = [.. all.Except(victims)];
            Assert.That(left, Does.Contain(all[^1]));
            Assert.That(victims.Select(v => v.Version).Intersect(record.Tags.Values), Is.Empty);
            Manifest[] counted = [.. left.Where(v => v == all[^1] || !record.Tags.Values.Contains(v.Version))];
            Assert.That(counted.Length == 1 || !(counted.Length > record.KeepVersions || counted.Sum(v => v.Bytes) > record.KeepBytes), Is.True);
            Assert.That(counted.SkipLast(1).All(v => !(v.AtUs < 100 - record.KeepAgeUs)), Is.True);
            Assert.That(record.Retains || victims.Count == 0, Is.True);
        });

        static Manifest Version(long number, long bytes, long at) => new(
            1, number, 0, "c", "s", 1, bytes, at, "1@h", Manifest.NameOf(Residency.Host), [new SegmentRecord($"f{number}", bytes, 1)]);
    }

    /// <summary>
    /// Publishing, appending, tags, pins, other policies, drops and publishers that die between any two of their steps:
    /// after a sweep the bytes on disk are those that versions name, to the last.
    /// </summary>
    [Test]
    public void Live_bytes_are_referenced_bytes()
    {
        int run = 0;
        Gen.Select(Gen.Int[0, 9], Gen.Int[0, 1 << 20]).Array[10, 40].Sample(
            steps => PlayAsync($"run{run++}", steps).GetAwaiter().GetResult(), iter: Runs, threads: 1);
    }

    private async Task PlayAsync(string name, (int What, int Arg)[] steps)
    {
        await using ChaosProxy proxy = new(Server.Port);
        string proxied = Url.Replace(Server.ConnectString, proxy.ConnectString, StringComparison.Ordinal);
        // of its own: what a run that failed leaves behind is not the next one's
        Directory.CreateDirectory(DataDirectory);
        string directory = $"{DataDirectory}/{name}";
        ZkArrowOptions options = new() { DataDirectory = directory, OperationTimeout = TimeSpan.FromSeconds(10) };
        await using ZkArrowClient sure = await ZkArrowClient.ConnectAsync(Url, options);
        ZkArrowClient mortal = await ZkArrowClient.ConnectAsync(proxied, options);
        Dictionary<ZkArrowTable, long> held = [];
        await sure.ConfigureAsync(name, new DatasetOptions { Retention = new Retention { Versions = 3 } });
        foreach ((int what, int arg) in steps)
        {
            ZkArrowClient client = arg % 2 == 0 ? sure : mortal;
            try
            {
                switch (what)
                {
                    case 0 or 1 or 2:
                        await client.PublishAsync(name, Int64(arg, 1 + (arg % 50)), Host with { Tags = arg % 5 == 0 ? [$"t{arg % 3}"] : [] });
                        break;
                    case 3 or 4 or 5:
                        await client.AppendAsync(name, Int64(arg, 1 + (arg % 50)), Host);
                        break;
                    case 6:
                        await client.TagAsync(name, 1 + (arg % 30), $"t{arg % 3}");
                        break;
                    case 7:
                        ZkArrowTable table = await client.ReadAsync(name);
                        held[table] = (await ValuesAsync(table)).Sum();
                        break;
                    case 8:
                        await client.ConfigureAsync(name, new DatasetOptions { Retention = new Retention { Versions = 1 + (arg % 5), Bytes = 1000 + (arg % 5000) } });
                        break;
                    default:
                        // whatever it was doing, and does in the background, stops here
                        proxy.LoseReply(1 + (arg % 3));
                        Task dying = arg % 3 == 0 ? mortal.DropAsync(name, 1 + (arg % 20)).AsTask() : mortal.AppendAsync(name, Int64(arg, 5), Host).AsTask();
                        proxy.Refusing = true;
                        await mortal.DisposeAsync();
                        await Task.WhenAny(dying);
                        proxy.Refusing = false;
                        mortal = await ZkArrowClient.ConnectAsync(proxied, options);
                        break;
                }
            }
            catch (ZkArrowException e) when (e.Status is ZkArrowStatus.NotFound or ZkArrowStatus.Conflict)
            {
                // no such version, or it is tagged, or the head
            }
        }

        await mortal.DisposeAsync();

        // commits of the dead may be on their way still, and the sweeps below know no grace: none of them fits behind this one
        await sure.PublishAsync(name, Int64(0, 1), Host);
        try
        {
            await CheckAsync(sure, name, directory, held.Count > 0);
            foreach ((ZkArrowTable table, long sum) in held)
                Assert.That((await ValuesAsync(table)).Sum(), Is.EqualTo(sum), "a reader keeps what it holds");
        }
        finally
        {
            foreach (ZkArrowTable table in held.Keys)
                table.Dispose();
        }

        await CheckAsync(sure, name, directory, readersHoldSome: false);
        await sure.DropAsync(name);
        await sure.SweepAsync(TimeSpan.Zero);
        Assert.That(Segments(directory), Is.Empty);
    }

    /// <summary>
    /// The records against the limits, and the bytes against the records. While readers hold some, files that no record names may
    /// be there, as many as are pinned: a publisher unlinks what it drops, a sweep after its death leaves pinned ones alone.
    /// </summary>
    private async Task CheckAsync(ZkArrowClient client, string name, string directory, bool readersHoldSome)
    {
        // what publishers do in the background may still be under way: a sweep is safe meanwhile
        await Eventually.TrueAsync(
            async () =>
            {
                await client.SweepAsync(TimeSpan.Zero);
                DatasetDescription description = await client.DescribeAsync(name);
                FileInfo[] files = [.. Segments(directory).Select(file => new FileInfo(file))];
                long unnamed = files.Sum(file => file.Length) - description.Bytes;
                return description.Versions <= description.Retention.Versions + description.Tags.Count
                    && (unnamed == 0 || (readersHoldSome && unnamed > 0 && unnamed <= files.Where(IsPinned).Sum(file => file.Length)));
            },
            "live bytes are referenced bytes");
        foreach (DatasetVersion version in await client.HistoryAsync(name))
        {
            using ZkArrowTable table = await client.ReadAsync(name, new ReadOptions { Version = version.Number, ValidateFull = true });
            Assert.That(table.RowCount, Is.EqualTo(version.Rows));
        }

        foreach ((string tag, long number) in (await client.DescribeAsync(name)).Tags)
        {
            using ZkArrowTable table = await client.ReadAsync(name, new ReadOptions { Tag = tag });
            Assert.That(table.Version.Number, Is.EqualTo(number));
        }
    }

    private static async Task<long[]> NumbersAsync(ZkArrowClient client) => [.. (await client.HistoryAsync("a")).Select(v => v.Number)];

    private static bool IsPinned(FileInfo file)
    {
        int fd = Libc.open(file.FullName, Libc.O_RDONLY | Libc.O_CLOEXEC, 0);
        if (fd < 0)
            return false;
        using SegmentPin look = new(fd);
        return !look.TryFlock(Libc.LOCK_EX);
    }

    private string[] Segments() => Segments(DataDirectory);

    private static string[] Segments(string directory) => Directory.GetFiles(directory, "*.arrow", SearchOption.AllDirectories);
}
