using System.Diagnostics;
using System.Globalization;
using ZkArrow.Testing;
using ZkArrow.ZooKeeper;

// Bytes the client allocates per operation, and how many it does per second, against one real server. Prints a line
// per operation: name, callers, bytes per operation, operations per second.
const int Warmup = 3_000;
const int Count = 20_000;

await using ZooKeeperServer server = await ZooKeeperServer.StartAsync("commitLogCount=20");
await using (ZkClient maker = await ZkClient.ConnectAsync(new ZkClientOptions { ConnectString = server.ConnectString }))
    await maker.CreateAsync("/app", default);
await using ZkClient client = await ZkClient.ConnectAsync(new ZkClientOptions { ConnectString = server.ConnectString + "/app" });
byte[] small = new byte[100];
byte[] large = new byte[256 << 10];
await client.CreateAsync("/small", small);
await client.CreateAsync("/empty", default);
await client.CreateAsync("/large", large);

foreach (int callers in (int[])[1, 64])
{
    await MeasureAsync("exists", callers, Count, async () => await client.ExistsAsync("/small"));
    await MeasureAsync("get 0 B", callers, Count, async () => await client.GetDataAsync("/empty"));
    await MeasureAsync("get 100 B", callers, Count, async () => await client.GetDataAsync("/small"));
    await MeasureAsync("set 100 B", callers, Count, async () => await client.SetDataAsync("/small", small));
    await MeasureAsync(
        "multi check+set", callers, Count,
        async () => await client.MultiAsync([ZkOp.Check("/empty", 0), ZkOp.SetData("/small", small)]));
}

await MeasureAsync("set 256 KiB", 1, 300, async () => await client.SetDataAsync("/large", large));
await MeasureAsync("set 256 KiB", 8, 300, async () => await client.SetDataAsync("/large", large));

static async Task MeasureAsync(string name, int callers, int count, Func<Task> operation)
{
    await LoopAsync(callers, Math.Min(Warmup, count), operation);
    GC.Collect();
    long before = GC.GetTotalAllocatedBytes(precise: true);
    Stopwatch watch = Stopwatch.StartNew();
    await LoopAsync(callers, count, operation);
    double seconds = watch.Elapsed.TotalSeconds;
    double bytes = (GC.GetTotalAllocatedBytes(precise: true) - before) / (double)count;
    // the harness's own: the task that an async lambda makes for each call that does not end at once
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name,-16} {callers,3} {bytes,9:F0} {count / seconds,9:F0}"));
}

static async Task LoopAsync(int callers, int count, Func<Task> operation)
{
    await Task.WhenAll(Enumerable.Range(0, callers).Select(async _ =>
    {
        for (int i = 0; i < count / callers; i++)
            await operation();
    }));
}
