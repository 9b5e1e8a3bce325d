using ZkArrow.Testing;
using static ZkArrow.ZooKeeper.Tests.SharedServer;

namespace ZkArrow.ZooKeeper.Tests;

[CancelAfter(60_000)]
public sealed class PipeliningTests
{
    [Test]
    public async Task Four_callers_with_a_thousand_operations_each_get_their_own_answers()
    {
        await using ZkClient client = await SharedServer.ConnectAsync(Instance.ConnectString + await NewChrootAsync());
        await Task.WhenAll(Enumerable.Range(0, 4).Select(caller => Task.Run(async () =>
        {
            string path = $"/c{caller}";
            await client.CreateAsync(path, default);
            List<Task> all = [];
            for (int i = 1; i <= 500; i++)
            {
                byte[] data = Bytes($"{caller}:{i}");
                int version = i;
                all.Add(Check(client.SetDataAsync(path, data, version - 1).AsTask(), set => set.Stat.Version == version));
                // one session's calls are done in their order: the read sees the write before it and not the one after
                all.Add(Check(client.GetDataAsync(path).AsTask(), read => read.Data.AsSpan().SequenceEqual(data)));
            }

            await Task.WhenAll(all);
        })));

        static async Task Check<T>(Task<T> task, Func<T, bool> holds) => Assert.That(holds(await task), Is.True);
    }

    [TestCase(1, 4 << 20)]
    [TestCase(3, 4 << 20)]
    [TestCase(512, 1)]
    [TestCase(512, 3000)]
    public async Task A_small_window_slows_down_and_loses_nothing(int requests, int bytes)
    {
        await using ZkClient client = await ZkClient.ConnectAsync(RunSecurity.Options(Instance.ConnectString + await NewChrootAsync()) with
        {
            MaxRequestsInFlight = requests,
            MaxBytesInFlight = bytes,
        });
        await client.CreateAsync("/x", default);
        ZkSet[] sets = await Task.WhenAll(
            Enumerable.Range(0, 300).Select(_ => client.SetDataAsync("/x", new byte[1000]).AsTask()));
        Assert.That(sets.Select(static s => s.Stat.Version), Is.EqualTo(Enumerable.Range(1, 300)));
    }

    [Test]
    public async Task No_more_is_in_flight_than_the_window_allows()
    {
        TaskCompletionSource release = new();
        await using ScriptedServer server = new(packet =>
        {
            release.Task.Wait();
            return [ScriptedServer.Reply(packet, 9, 0)];
        });
        await using ZkClient client = await ZkClient.ConnectAsync(
            new ZkClientOptions { ConnectString = server.ConnectString, MaxRequestsInFlight = 5 });
        Task<long>[] syncs = [.. Enumerable.Range(0, 20).Select(_ => client.SyncAsync("/").AsTask())];
        try
        {
            // a send may wait for its turn on the thread pool, so that others join it
            await Eventually.TrueAsync(() => client.Session.CountRequests() == (15, 5), "the window is full");
        }
        finally
        {
            release.SetResult(); // or closing would wait for the server
        }

        await Task.WhenAll(syncs);
        Assert.That(client.Session.Queue.Count, Is.Zero);
    }

    [Test]
    public async Task Large_replies_and_small_ones_mix()
    {
        await using ZkClient client = await SharedServer.ConnectAsync(Instance.ConnectString + await NewChrootAsync());
        int[] sizes = [0, 1, 60_000, 65_536, 70_000, 300_000, 900_000];
        foreach (int size in sizes)
            await client.CreateAsync($"/{size}", Enumerable.Range(0, size).Select(static i => (byte)(i * 7)).ToArray());
        for (int round = 0; round < 3; round++)
        {
            ZkData[] read = await Task.WhenAll(sizes.Select(size => client.GetDataAsync($"/{size}").AsTask()));
            for (int i = 0; i < sizes.Length; i++)
            {
                Assert.That(read[i].Data, Has.Length.EqualTo(sizes[i]));
                Assert.That(read[i].Data.Select((b, at) => b == (byte)(at * 7)).All(static same => same), Is.True);
            }
        }
    }
}
