using NUnit.Framework;
using ZkArrow.Testing;

namespace ZkArrow.Tests.Datasets;

/// <summary>What a strict read promises, on an ensemble whose leader does not know yet that it is none any more.</summary>
[TestFixture]
public sealed class StrictReadTests
{
    private const int Rounds = 3;

    [Test]
    [CancelAfter(120_000)]
    public async Task A_leader_that_was_replaced_answers_no_strict_read_with_the_past(CancellationToken cancellationToken)
    {
        await using ZooKeeperEnsemble ensemble = await ZooKeeperEnsemble.StartAsync();
        string directory = $"/dev/shm/zkarrow-strict-{Guid.NewGuid():N}";
        // directories of their own, as on two hosts: a board would tell one of the other's commit
        ZkArrowOptions options = new() { DataDirectory = $"{directory}-a", SessionTimeout = TimeSpan.FromSeconds(10), OperationTimeout = TimeSpan.FromSeconds(30) };
        try
        {
            long version = 0;
            for (int round = 0; round < Rounds; round++)
            {
                ZooKeeperServer old = await ensemble.LeaderAsync();
                string others = string.Join(',', ensemble.Servers.Where(server => server != old).Select(server => server.ConnectString));
                await using ZkArrowClient behind = await ZkArrowClient.ConnectAsync($"zk://{old.ConnectString}/strict", options);
                await using ZkArrowClient ahead = await ZkArrowClient.ConnectAsync($"zk://{others}/strict", options with { DataDirectory = $"{directory}-b" });
                version = (await ahead.PublishAsync("a", DatasetFixture.Int64(round, 1), cancellationToken: cancellationToken)).Number;
                Assert.That((await behind.StatAsync("a", cancellationToken: cancellationToken)).Number, Is.EqualTo(version));
                old.Pause();
                try
                {
                    version = await PublishedAsync(ahead, round, cancellationToken);
                    // asked while the old leader sleeps: it is the first thing it finds
                    Task<ZkArrowSnapshot> read = behind.SnapshotAsync(["a"], cancellationToken: cancellationToken).AsTask();
                    await Task.Yield();
                    old.Resume();
                    using ZkArrowSnapshot cut = await read;
                    Assert.That(cut.Versions["a"].Number, Is.EqualTo(version), $"round {round}");
                }
                finally
                {
                    old.Resume();
                }
            }
        }
        finally
        {
            foreach (string path in (string[])[$"{directory}-a", $"{directory}-b"])
            {
                if (Directory.Exists(path))
                    Directory.Delete(path, recursive: true);
            }
        }
    }

    private static async Task<long> PublishedAsync(ZkArrowClient client, long value, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return (await client.PublishAsync("a", DatasetFixture.Int64(value, 2), cancellationToken: cancellationToken)).Number;
            }
            catch (ZkArrowException e) when (e.IsRetryable || e.IsOutcomeUnknown)
            {
                // there is no leader yet
            }
        }
    }
}
