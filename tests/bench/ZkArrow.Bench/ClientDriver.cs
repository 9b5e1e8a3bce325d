using ZkArrow.ZooKeeper;

namespace ZkArrow.Bench;

/// <summary>G6: our ZooKeeper client with a number of callers, each of which waits for its answer.</summary>
/// <remarks>
/// <c>get|set|multi CALLERS MILLISECONDS</c> is answered with the nanoseconds all of it took and then those of each
/// request; <c>bytes-get|bytes-set|bytes-multi</c> with the managed bytes of all requests and how many there were.
/// </remarks>
internal sealed class ClientDriver : IDriver
{
    private const string BytesOf = "bytes-";
    private readonly byte[] _value = new byte[100];
    private readonly ZkOp[] _operations;
    private readonly ZkClient _client;

    // made once, so that a turn does not pay for touching it
    private readonly long[] _durations = new long[1 << 21];
    private int _done;

    private ClientDriver(ZkClient client)
    {
        _client = client;
        _operations = [ZkOp.Check("/empty", 0), ZkOp.SetData("/small", _value)];
    }

    public static async Task<ClientDriver> OpenAsync(string connect)
    {
        ClientDriver driver = new(await ZkClient.ConnectAsync(new ZkClientOptions { ConnectString = connect }));
        await driver._client.CreateAsync("/small", driver._value);
        await driver._client.CreateAsync("/empty", default);
        return driver;
    }

    public async Task<long[]> RunAsync(string what, string argument, int count)
    {
        int callers = int.Parse(argument, System.Globalization.CultureInfo.InvariantCulture);
        bool countsBytes = what.StartsWith(BytesOf, StringComparison.Ordinal);
        string operation = countsBytes ? what[BytesOf.Length..] : what;
        _done = 0;
        long bytes = GC.GetTotalAllocatedBytes(precise: true);
        long start = Clock.Now;
        await Task.WhenAll(Enumerable.Range(0, callers).Select(_ => CallAsync(operation, start, count * 1_000_000L)));
        long elapsed = Clock.Since(start);
        return countsBytes
            ? [GC.GetTotalAllocatedBytes(precise: true) - bytes, _done]
            : [elapsed, .. _durations.AsSpan(0, _done)];
    }

    public ValueTask DisposeAsync() => _client.DisposeAsync();

    private async Task CallAsync(string operation, long start, long nanoseconds)
    {
        while (Clock.Since(start) < nanoseconds)
        {
            long begin = Clock.Now;
            switch (operation)
            {
                case "get":
                    await _client.GetDataAsync("/small");
                    break;
                case "set":
                    await _client.SetDataAsync("/small", _value);
                    break;
                default:
                    await _client.MultiAsync(_operations);
                    break;
            }

            _durations[Interlocked.Increment(ref _done) - 1] = Clock.Since(begin);
        }
    }
}
