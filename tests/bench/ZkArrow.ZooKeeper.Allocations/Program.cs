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
byte[] large = new byte[100_000];
await client.CreateAsync("/small", small);
await client.CreateAsync("/empty", default);
await client.CreateAsync("/large", large);

foreach (int callers in (int[])[1, 64])
{
    await MeasureAsync("exists", callers, Count, () => client.ExistsAsync("/small"));
    await MeasureAsync("get 0 B", callers, Count, () => client.GetDataAsync("/empty"));
    await MeasureAsync("get 100 B", callers, Count, () => client.GetDataAsync("/small"));
    await MeasureAsync("set 100 B", callers, Count, () => client.SetDataAsync("/small", small));
    await MeasureAsync(
        "multi check+set", callers, Count,
        () => client.MultiAsync([ZkOp.Check("/empty", 0), ZkOp.SetData("/small", small)]));
}

// few enough for the small heap of the tests' server
await MeasureAsync("set 100 kB", 1, 1_000, () => client.SetDataAsync("/large", large));
await MeasureAsync("set 100 kB", 8, 1_000, () => client.SetDataAsync("/large", large));

static async Task MeasureAsync<T>(string name, int callers, int count, Func<ValueTask<T>> operation)
{
    await LoopAsync(callers, Math.Min(Warmup, count), operation);
    GC.Collect();
    long before = GC.GetTotalAllocatedBytes(precise: true);
    Stopwatch watch = Stopwatch.StartNew();
    await LoopAsync(callers, count, operation);
    double seconds = watch.Elapsed.TotalSeconds;
    double bytes = (GC.GetTotalAllocatedBytes(precise: true) - before) / (double)count;
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name,-16} {callers,3} {bytes,9:F0} {count / seconds,9:F0}"));
}

static async Task LoopAsync<T>(int callers, int count, Func<ValueTask<T>> operation)
{
    await Task.WhenAll(Enumerable.Range(0, callers).Select(async _ =>
    {
        for (int i = 0; i < count / callers; i++)
            await operation();
    }));
}
