using System.Diagnostics;
using System.Globalization;
using ZkArrow.Testing;
using ZkArrow.ZooKeeper.Recipes;

namespace ZkArrow.ZooKeeper.Tests.Recipes;

/// <summary>
/// Three of our clients and three of kazoo's contend for one lock, while replies to one of ours are lost. It takes 10
/// seconds, or as many as the environment variable says.
/// </summary>
[CancelAfter(180_000)]
public sealed class KazooContentionTests : RecipeTest
{
    private const string SecondsVariable = "ZKARROW_KAZOO_SECONDS";
    private const string Path = "/contended";

    [Test]
    public async Task Ours_and_kazoos_clients_never_hold_the_lock_together_and_our_tokens_grow()
    {
        TimeSpan duration = TimeSpan.FromSeconds(double.Parse(
            Environment.GetEnvironmentVariable(SecondsVariable) ?? "10", CultureInfo.InvariantCulture));
        string folder = Directory.CreateTempSubdirectory("zkarrow-kazoo-").FullName;
        List<Process> peers = [];
        try
        {
            for (int i = 0; i < 3; i++)
                peers.Add(await StartPeerAsync(System.IO.Path.Combine(folder, $"{i}")));
            using CancellationTokenSource end = new(duration);
            ZkClient[] clients = [Client, await NewClientAsync(), await NewClientAsync()];
            Task<List<Hold>>[] ours = [.. clients.Select(client => Task.Run(() => ContendAsync(client, end.Token)))];
            int lost = await LoseRepliesAsync(end.Token);
            List<Hold> holds = [.. (await Task.WhenAll(ours)).SelectMany(static h => h)];
            for (int i = 0; i < peers.Count; i++)
                holds.AddRange(await EndPeerAsync(peers[i], System.IO.Path.Combine(folder, $"{i}")));
            Check([.. holds.OrderBy(static h => h.Entered)], lost);
        }
        finally
        {
            foreach (Process peer in peers)
            {
                if (!peer.HasExited)
                    peer.Kill();
                peer.Dispose();
            }

            Directory.Delete(folder, recursive: true);
        }
    }

    private static void Check(Hold[] holds, int lost)
    {
        Hold[] ours = [.. holds.Where(static h => h.Token is not null)];
        int changes = holds.Zip(holds.Skip(1)).Count(static p => p.First.Token is null != p.Second.Token is null);
        TestContext.Out.WriteLine(
            $"{ours.Length} holds of ours, {holds.Length - ours.Length} of kazoo's, {changes} changes between them, "
            + $"{lost} replies lost, last token {ours[^1].Token}");
        foreach ((Hold first, Hold second) in holds.Zip(holds.Skip(1)))
            Assert.That(first.Left, Is.LessThanOrEqualTo(second.Entered), $"{first} and {second} were together");
        Assert.That(ours.Select(static h => h.Token), Is.Ordered.And.Unique);
        Assert.That(ours[^1].Token, Is.EqualTo(ours.Length), "each acquisition of ours raised the epoch once");
        // fair: with six in the queue both kinds come again and again
        Assert.That(new[] { ours.Length, holds.Length - ours.Length, changes, lost }, Is.All.GreaterThan(20));
    }

    private static async Task<List<Hold>> ContendAsync(ZkClient client, CancellationToken end)
    {
        List<Hold> holds = [];
        ZkLock mutex = new(client, Path);
        while (!end.IsCancellationRequested)
        {
            // not cancelled: whoever waits at the end is served, as the peers are
            await using ZkLockHandle held = await mutex.AcquireAsync(CancellationToken.None);
            long entered = MonotonicNs();
            await Task.Delay(1, CancellationToken.None);
            holds.Add(new Hold(entered, MonotonicNs(), held.Token));
        }

        return holds;
    }

    private async Task<int> LoseRepliesAsync(CancellationToken end)
    {
        int lost = 0;
        while (!end.IsCancellationRequested)
        {
            int connections = Proxy.Connections;
            Proxy.LoseReply(1 + (lost % 29));
            await Eventually.TrueAsync(() => Proxy.Connections > connections || end.IsCancellationRequested, "a reply was lost");
            lost++;
        }

        return lost;
    }

    private async Task<Process> StartPeerAsync(string output)
    {
        ProcessStartInfo start = new("/usr/bin/python3")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.ArgumentList.Add(System.IO.Path.Combine(
            RepositoryRoot.Find(), "tests", "ZkArrow.ZooKeeper.Tests", "Recipes", "kazoo_contender.py"));
        start.ArgumentList.Add(SharedServer.Instance.ConnectString + Chroot);
        start.ArgumentList.Add(Path);
        start.ArgumentList.Add(output);
        if (RunSecurity.IsOn)
        {
            foreach (string argument in (string[])[RunSecurity.RootsPath!, RunSecurity.User, RunSecurity.Password])
                start.ArgumentList.Add(argument);
        }

        Process peer = Process.Start(start)!;
        using CancellationTokenSource bound = new(TimeSpan.FromSeconds(60));
        if (await peer.StandardOutput.ReadLineAsync(bound.Token) != "ready")
            Assert.Fail($"kazoo's client did not start: {await peer.StandardError.ReadToEndAsync(bound.Token)}");
        return peer;
    }

    private static async Task<List<Hold>> EndPeerAsync(Process peer, string output)
    {
        peer.StandardInput.Close();
        using CancellationTokenSource bound = new(TimeSpan.FromSeconds(60));
        string errors = await peer.StandardError.ReadToEndAsync(bound.Token);
        await peer.WaitForExitAsync(bound.Token);
        Assert.That(peer.ExitCode, Is.Zero, errors);
        return [.. (await File.ReadAllLinesAsync(output, bound.Token)).Select(static line => line.Split(' '))
            .Select(static parts => new Hold(Number(parts[0]), Number(parts[1]), null))];

        static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);
    }

    // on Linux the Stopwatch reads CLOCK_MONOTONIC, as the peers do
    private static long MonotonicNs() => checked(Stopwatch.GetTimestamp() * (1_000_000_000 / Stopwatch.Frequency));

    private sealed record Hold(long Entered, long Left, long? Token);
}
