using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using ZkArrow.Testing;
using static ZkArrow.ZooKeeper.Tests.SharedServer;

namespace ZkArrow.ZooKeeper.Tests;

/// <summary>
/// Writers that contend for one node while replies are lost and connections are cut: ten seconds, or as many as
/// ZKARROW_SOAK_SECONDS says.
/// </summary>
/// <remarks>
/// Each write expects the version it read, so the version that it makes, if it is done, is known whatever happens to
/// its reply. The server counts every set it does. So when the versions that the writers claim are all there are, each
/// claimed once, then what was called done was done, and what was called not done was not.
/// </remarks>
public sealed class SoakTests
{
    private const int Writers = 3;
    private const string Node = "/register";
    private static readonly TimeSpan BetweenCuts = TimeSpan.FromSeconds(1);

    [Test]
    [CancelAfter(600_000)]
    public async Task What_is_called_done_is_in_the_history_and_nothing_else_is(CancellationToken ct)
    {
        string seconds = Environment.GetEnvironmentVariable("ZKARROW_SOAK_SECONDS") ?? "10";
        TimeSpan duration = TimeSpan.FromSeconds(int.Parse(seconds, CultureInfo.InvariantCulture));
        string chroot = await NewChrootAsync();
        await using ZkClient reader = await SharedServer.ConnectAsync(Instance.ConnectString + chroot);
        await reader.CreateAsync(Node, new byte[Writers * sizeof(long)], ct: ct);

        Writer[] writers = [.. Enumerable.Range(0, Writers).Select(static number => new Writer(number))];
        await Task.WhenAll(writers.Select(writer => Task.Run(() => writer.RunAsync(chroot, duration, ct), ct)));

        ZkData final = await reader.GetDataAsync(Node, ct: ct);
        string counts = string.Join("; ", writers.Select(static writer => writer.ToString()));
        await TestContext.Out.WriteLineAsync($"{final.Stat.Version} sets; {counts}");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(
                writers.SelectMany(static writer => writer.Done.Keys).Order(),
                Is.EqualTo(Enumerable.Range(1, final.Stat.Version)),
                "the versions called done are the versions there were");
            foreach (Writer writer in writers)
            {
                Assert.That(Entry(final.Data, writer.Number), Is.EqualTo(writer.Done.Values.LastOrDefault()), counts);
                Assert.That(writer.ResolvedAsDone, Is.GreaterThan(0), "a lost reply was of a set that was done");
                Assert.That(writer.NotDone, Is.GreaterThan(0), "the writers contended");
            }

            // and each was done by who says so
            Dictionary<int, (int Writer, long Set)> history = [];
            foreach (Writer writer in writers)
            {
                foreach ((int version, long set) in writer.Done)
                    history[version] = (writer.Number, set);
            }

            foreach ((int version, byte[] data) in writers.SelectMany(static writer => writer.Seen))
            {
                if (version > 0 && history.TryGetValue(version, out (int Writer, long Set) made))
                    Assert.That(Entry(data, made.Writer), Is.EqualTo(made.Set), $"version {version}");
            }
        }
    }

    private static long Entry(byte[] data, int writer) =>
        BinaryPrimitives.ReadInt64LittleEndian(data.AsSpan(writer * sizeof(long)));

    /// <summary>
    /// One client behind a proxy of its own. The node has an entry for each writer, the number of its last set: that
    /// tells it whether a set of its own is among those that came before a refusal.
    /// </summary>
    private sealed class Writer(int number)
    {
        private readonly Random _random = new(number);
        private int _unknown;
        private int _resolvedAsNotDone;

        public int Number => number;

        /// <summary>The sets that were done: the version each made, and its number, in this order.</summary>
        public SortedList<int, long> Done { get; } = [];

        public List<(int Version, byte[] Data)> Seen { get; } = [];
        public int NotDone { get; private set; }
        public int ResolvedAsDone { get; private set; }

        public async Task RunAsync(string chroot, TimeSpan duration, CancellationToken ct)
        {
            await using ChaosProxy proxy = RunSecurity.Proxy(Instance);
            await using ZkClient client = await SharedServer.ConnectAsync(proxy.ConnectString + chroot);
            Stopwatch ran = Stopwatch.StartNew();
            using CancellationTokenSource ended = CancellationTokenSource.CreateLinkedTokenSource(ct);
            Task cutting = CutAsync(proxy, ended.Token);
            for (long set = 1; ran.Elapsed < duration; set++)
            {
                ZkData before = await ReadAsync(client, ct);
                Seen.Add((before.Stat.Version, before.Data));
                byte[] data = [.. before.Data];
                BinaryPrimitives.WriteInt64LittleEndian(data.AsSpan(number * sizeof(long)), set);
                await SetAsync(client, proxy, data, before.Stat.Version, set, ct);
            }

            await ended.CancelAsync();
            await cutting;
        }

        private static async Task CutAsync(ChaosProxy proxy, CancellationToken ct)
        {
            using PeriodicTimer timer = new(BetweenCuts);
            try
            {
                while (await timer.WaitForNextTickAsync(ct))
                    proxy.Cut();
            }
            catch (OperationCanceledException)
            {
                // the writer has written enough
            }
        }

        private static async Task<ZkData> ReadAsync(ZkClient client, CancellationToken ct)
        {
            while (true)
            {
                ZkResult<ZkData> read = await client.TryGetDataAsync(Node, ct: ct);
                if (read.IsOk)
                    return read.Value;
                Assert.That((read.Code, read.Outcome), Is.EqualTo((ZkErrorCode.ConnectionLoss, ZkOutcome.NotDone)));
            }
        }

        /// <summary>Sets once, and while nobody knows what came of it, the same set again.</summary>
        private async Task SetAsync(
            ZkClient client, ChaosProxy proxy, byte[] data, int version, long set, CancellationToken ct)
        {
            for (bool wasUnknown = false; ; wasUnknown = true)
            {
                if (_random.Next(10) == 0)
                    proxy.LoseReply();
                ZkResult<ZkSet> result = await client.TrySetDataAsync(Node, data, version, ct);
                bool isDone = result.IsOk;
                if (result.Outcome == ZkOutcome.Unknown)
                {
                    _unknown += wasUnknown ? 0 : 1;
                    continue;
                }

                if (isDone)
                    Assert.That(result.Value.Stat.Version, Is.EqualTo(version + 1));
                else if (wasUnknown && result.Code == ZkErrorCode.ConnectionLoss)
                    continue; // this one was not done, and the first one is not known yet
                else if (wasUnknown)
                    isDone = await WasOursAsync(client, result, set, ct);

                if (isDone)
                    Done.Add(version + 1, set);
                else
                    NotDone++;
                if (wasUnknown && isDone)
                    ResolvedAsDone++;
                else if (wasUnknown)
                    _resolvedAsNotDone++;
                return;
            }
        }

        /// <summary>The expected version is gone, so the set can no more be done: was it this writer that took it?</summary>
        private async Task<bool> WasOursAsync(ZkClient client, ZkResult<ZkSet> refused, long set, CancellationToken ct)
        {
            Assert.That(refused.Code, Is.EqualTo(ZkErrorCode.BadVersion));
            return Entry((await ReadAsync(client, ct)).Data, number) == set;
        }

        public override string ToString() =>
            $"writer {number}: {Done.Count} done, {NotDone} not; " +
            $"{_unknown} of them were unknown: {ResolvedAsDone} done, {_resolvedAsNotDone} not";
    }
}
