using NUnit.Framework;
using ZkArrow.Testing;

namespace ZkArrow.Tests.Datasets;

/// <summary>What a drop leaves for sweeps to do.</summary>
[TestFixture]
public sealed class CollectTests : DatasetFixture
{
    private const int Multi = 14;

    [Test]
    public async Task What_was_collected_costs_later_sweeps_no_write()
    {
        ZkArrowClient client = await ConnectAsync();
        foreach (string name in (string[])["a", "b", "c"])
        {
            await client.PublishAsync(name, Int64(0, 1));
            await client.DropAsync(name);
        }

        await using ChaosProxy proxy = new(Server.Port);
        ZkArrowClient later = await ConnectAsync(url: $"zk://{proxy.ConnectString}{Url[Url.LastIndexOf('/')..]}");
        int reads = 0, writes = 0;
        proxy.Requested = (_, op) => Interlocked.Increment(ref op == Multi ? ref writes : ref reads);
        await later.SweepAsync(TimeSpan.Zero);
        Assert.That(writes, Is.Zero);
        Assert.That(reads, Is.GreaterThanOrEqualTo(3), "each was looked at");
    }
}
