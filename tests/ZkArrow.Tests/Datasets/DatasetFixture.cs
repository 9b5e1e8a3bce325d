using Apache.Arrow;
using Apache.Arrow.Ipc;
using Apache.Arrow.Types;
using NUnit.Framework;
using ZkArrow.ArrowC;
using ZkArrow.Segments;
using ZkArrow.Testing;

namespace ZkArrow.Tests.Datasets;

/// <summary>One real ZooKeeper server for a fixture, and a chroot and a data directory of its own for each test.</summary>
public abstract class DatasetFixture
{
    private readonly List<ZkArrowClient> _clients = [];
    private int _test;

    protected ZooKeeperServer Server { get; private set; } = null!;

    protected string Url { get; private set; } = null!;

    protected string DataDirectory { get; private set; } = null!;

    [OneTimeSetUp]
    public async Task StartServer() => Server = await ZooKeeperServer.StartAsync();

    [OneTimeTearDown]
    public async Task StopServer() => await Server.DisposeAsync();

    [SetUp]
    public void MakeDirectory()
    {
        Url = $"zk://{Server.ConnectString}/test{++_test}";
        DataDirectory = Directory.CreateTempSubdirectory("zkarrow-test-").FullName;
        Directory.Delete(DataDirectory);
        DataDirectory = $"/dev/shm/{Path.GetFileName(DataDirectory)}";
    }

    [TearDown]
    public async Task Close()
    {
        await CloseClientsAsync();
        Assert.That(
            (ArrowCounters.LiveExportedArrays, ArrowCounters.LiveExportedStreams, ArrowCounters.LiveExportedSchemas, ArrowCounters.LiveBoxes),
            Is.EqualTo((0, 0, 0, 0)),
            "arrays, streams, schemas, batches");
        Assert.That((SegmentCounters.MappedSegments, SegmentCounters.OpenPins), Is.EqualTo((0, 0)), "mapped segments, pins");
        Assert.That((SegmentCounters.WarmMappings, SegmentCounters.WarmBytes), Is.EqualTo((0, 0)), "writable mappings, their bytes");
        if (Directory.Exists(DataDirectory))
            Directory.Delete(DataDirectory, recursive: true);
    }

    protected async Task CloseClientsAsync()
    {
        foreach (ZkArrowClient client in _clients)
            await client.DisposeAsync();
        _clients.Clear();
    }

    protected async Task<ZkArrowClient> ConnectAsync(Func<ZkArrowOptions, ZkArrowOptions>? change = null, string? url = null)
    {
        ZkArrowOptions options = new() { DataDirectory = DataDirectory };
        ZkArrowClient client = await ZkArrowClient.ConnectAsync(url ?? Url, change?.Invoke(options) ?? options);
        _clients.Add(client);
        return client;
    }

    /// <summary>A batch of one int64 column <c>x</c>: start, start + 1, ….</summary>
    internal static RecordBatch Int64(long start, int rows) => new(
        new Schema([new Field("x", Int64Type.Default, nullable: false)], null),
        [new Int64Array.Builder().AppendRange(Enumerable.Range(0, rows).Select(i => start + i)).Build()],
        rows);

    /// <summary>All values of column <c>x</c>.</summary>
    protected static async Task<long[]> ValuesAsync(ZkArrowTable table)
    {
        List<long> values = [];
        using IArrowArrayStream stream = table.ToArrowStream();
        while (await stream.ReadNextRecordBatchAsync() is { } batch)
        {
            using (batch)
                values.AddRange(((Int64Array)batch.Column(0)).Values.ToArray());
        }

        return [.. values];
    }

    protected static async Task<ZkArrowStatus> StatusOf(Func<Task> action) =>
        (await Assert.ThrowsAsync<ZkArrowException>(async () => await action()))!.Status;
}
