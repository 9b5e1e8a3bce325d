using Apache.Arrow;
using ZkArrow.Coordination;
using ZkArrow.ZooKeeper;

namespace ZkArrow.Bench;

/// <summary>
/// G7: a publish, and a bare multi of the same client with the same operations, paths and sizes, on the same server.
/// </summary>
internal sealed class PublishDriver : IDriver
{
    private const int RingWarmup = HeadRecord.RingLength + 8;
    private readonly ZkArrowClient _client;
    private readonly ZkClient _bare;
    private readonly Dictionary<string, Twin> _twins = [];
    private readonly RecordBatch _batch = Sample.Batch(100);

    private PublishDriver(ZkArrowClient client, ZkClient bare) => (_client, _bare) = (client, bare);

    public static async Task<PublishDriver> OpenAsync(string connect, string directory)
    {
        ZkArrowClient client = await ZkArrowClient.ConnectAsync($"zk://{connect}/product", new ZkArrowOptions { DataDirectory = directory });
        ZkClient bare = await ZkClient.ConnectAsync(new ZkClientOptions { ConnectString = connect });
        PublishDriver driver = new(client, bare);
        foreach (Residency residency in (Residency[])[Residency.Host, Residency.Inline])
            driver._twins[Name(residency)] = await driver.PrepareAsync(residency);
        return driver;
    }

    public async Task<long[]> RunAsync(string what, string argument, int count)
    {
        Twin twin = _twins[argument];
        long[] durations = new long[count];
        for (int i = 0; i < count; i++)
        {
            long start = Clock.Now;
            if (what == "publish")
                await _client.PublishAsync(argument, _batch, twin.Options);
            else
                await twin.MultiAsync(_bare);
            durations[i] = Clock.Since(start);
        }

        return durations;
    }

    public async ValueTask DisposeAsync()
    {
        await _client.DisposeAsync();
        await _bare.DisposeAsync();
    }

    private static string Name(Residency residency) => residency.ToString().ToLowerInvariant();

    /// <summary>Publishes until the records have their steady size, and copies their sizes.</summary>
    private async Task<Twin> PrepareAsync(Residency residency)
    {
        string name = Name(residency);
        PublishOptions options = new() { Residency = residency };
        for (int i = 0; i < RingWarmup; i++)
            await _client.PublishAsync(name, _batch, options);

        ZnodeLayout layout = new("/product");
        NameRecord record = RecordCodec.Read(
            (await _bare.GetDataAsync(layout.Name(name))).Data, RecordJson.Default.NameRecord, name);
        int headBytes = (await _bare.GetDataAsync(layout.Head(record.Inc))).Data.Length;
        int versionBytes = (await _bare.GetDataAsync(layout.Version(record.Inc, RingWarmup))).Data.Length;

        // as long as the product's chroot, so that the packets are as long
        ZnodeLayout bare = new("/twinned");
        Guid inc = Guid.NewGuid();
        string path = "";
        foreach (string part in bare.Dataset(inc).Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            path += "/" + part;
            try
            {
                await _bare.CreateAsync(path, default);
            }
            catch (ZkNodeExistsException)
            {
                // the twin before made it
            }
        }

        await _bare.CreateAsync(bare.Own(inc), new byte[1]);
        await _bare.CreateAsync(bare.Head(inc), new byte[headBytes]);
        await _bare.CreateAsync(bare.Versions(inc), default);
        return new Twin(options, bare, inc, new byte[headBytes], new byte[versionBytes]);
    }

    /// <summary>The znodes of a dataset without a dataset.</summary>
    private sealed class Twin(PublishOptions options, ZnodeLayout layout, Guid inc, byte[] head, byte[] version)
    {
        private int _next;

        public PublishOptions Options => options;

        public async Task MultiAsync(ZkClient client)
        {
            await client.MultiAsync(
            [
                ZkOp.Check(layout.Own(inc), 0),
                ZkOp.SetData(layout.Head(inc), head, _next),
                ZkOp.Create(layout.Version(inc, _next + 1), version),
            ]);
            _next++;
        }
    }
}
