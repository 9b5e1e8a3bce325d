using ZkArrow.Testing;
using static ZkArrow.ZooKeeper.Tests.SharedServer;

namespace ZkArrow.ZooKeeper.Tests;

/// <summary>Requests are used again. No mixture of endings may hand one call's answer to another.</summary>
[CancelAfter(120_000)]
public sealed class PoolingTests
{
    [Test]
    public async Task Every_call_gets_its_own_answer_however_others_end()
    {
        await using ChaosProxy proxy = RunSecurity.Proxy(Instance);
        await using ZkClient client = await ZkClient.ConnectAsync(RunSecurity.Options(proxy.ConnectString + await NewChrootAsync()) with
        {
            OperationTimeout = TimeSpan.FromSeconds(20),
        });
        const int nodes = 16;
        for (int i = 0; i < nodes; i++)
            await client.CreateAsync($"/{i}", Bytes($"{i}"));
        int answered = 0, cancelledCount = 0, lost = 0;
        bool isCutting = true;
        Task cutting = Task.Run(async () =>
        {
            for (int cut = 0; cut < 10; cut++)
            {
                int before = Volatile.Read(ref answered);
                await Eventually.TrueAsync(() => Volatile.Read(ref answered) > before + 500, "calls went on");
                proxy.Cut();
            }

            Volatile.Write(ref isCutting, false);
        });
        await Task.WhenAll(Enumerable.Range(0, 16).Select(caller => Task.Run(async () =>
        {
            Random random = new(caller);
            while (Volatile.Read(ref isCutting))
            {
                int node = random.Next(nodes);
                using CancellationTokenSource source = new();
                bool cancels = random.Next(3) == 0;
                ValueTask<ZkResult<ZkData>> call = client.TryGetDataAsync($"/{node}", null, source.Token);
                if (cancels && random.Next(2) == 0)
                    await Task.Yield();
                if (cancels)
                    await source.CancelAsync(); // at the very time when the reply comes, or after it
                try
                {
                    ZkResult<ZkData> result = await call;
                    if (result.IsOk)
                    {
                        Interlocked.Increment(ref answered);
                        Assert.That(result.Value.Data, Is.EqualTo(Bytes($"{node}")));
                    }
                    else
                    {
                        Interlocked.Increment(ref lost);
                        Assert.That(result.Code, Is.EqualTo(ZkErrorCode.ConnectionLoss));
                    }
                }
                catch (ZkCanceledException cancelled)
                {
                    Interlocked.Increment(ref cancelledCount);
                    Assert.That((cancelled.Path, cancels), Is.EqualTo(($"/{node}", true)));
                }
            }
        })));
        await cutting;
        Assert.That((answered > 0, cancelledCount > 0, lost > 0), Is.EqualTo((true, true, true)));
    }

    [Test]
    public async Task A_result_is_taken_once()
    {
        await using ZkClient client = await SharedServer.ConnectAsync(Instance.ConnectString + await NewChrootAsync());
        ValueTask<ZkExists> call = client.ExistsAsync("/");
        await call;
#pragma warning disable CA2012 // what must not be done is done on purpose
        Assert.That(async () => await call, Throws.InvalidOperationException);
#pragma warning restore CA2012
    }

    [Test]
    public async Task Large_and_small_requests_mix_in_their_order()
    {
        await using ZkClient client = await SharedServer.ConnectAsync(Instance.ConnectString + await NewChrootAsync());
        await client.CreateAsync("/x", default);
        int[] sizes = [.. Enumerable.Range(0, 60).Select(static i => i % 3 == 0 ? 70_000 + i : i % 7 == 0 ? 400_000 + i : i)];
        Task<ZkSet>[] sets = [.. sizes.Select((size, i) =>
            client.SetDataAsync("/x", Enumerable.Repeat((byte)i, size).ToArray(), i).AsTask())];
        ZkSet[] done = await Task.WhenAll(sets);
        Assert.That(done.Select(static set => set.Stat.DataLength), Is.EqualTo(sizes));
        ZkData last = await client.GetDataAsync("/x");
        Assert.That(last.Data, Is.EqualTo(Enumerable.Repeat((byte)59, sizes[^1])));
    }
}
