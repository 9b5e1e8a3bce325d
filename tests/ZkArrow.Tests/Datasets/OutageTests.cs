using Apache.Arrow;
using NUnit.Framework;

namespace ZkArrow.Tests.Datasets;

/// <summary>The server goes away and comes back; the client does not.</summary>
[TestFixture]
public sealed class OutageTests : DatasetFixture
{
    [Test]
    public async Task Calls_end_at_their_deadline_while_it_is_away_and_work_again_afterwards()
    {
        ZkArrowClient client = await ConnectAsync(o => o with { OperationTimeout = TimeSpan.FromSeconds(1), SessionTimeout = TimeSpan.FromSeconds(10) });
        await client.PublishAsync("a", Int64(1, 10));
        await Server.StopAsync();
        ZkArrowException read = (await Assert.ThrowsAsync<ZkArrowException>(async () => await client.ReadAsync("a")))!;
        ZkArrowException publish = (await Assert.ThrowsAsync<ZkArrowException>(async () => await client.PublishAsync("a", Int64(2, 10))))!;
        Assert.Multiple(() =>
        {
            Assert.That(read.Status, Is.EqualTo(ZkArrowStatus.Unavailable));
            Assert.That(read.IsRetryable, Is.True);
            Assert.That(read.Message, Does.Contain("check that it runs and can be reached"));
            Assert.That(publish.Status, Is.EqualTo(ZkArrowStatus.Unavailable));
        });
        await Server.RestartAsync();
        using CancellationTokenSource deadline = new(TimeSpan.FromSeconds(60));
        while (client.State != ClientState.Connected)
            await Task.Delay(20, deadline.Token);
        DatasetVersion version = await PublishedAsync(client, Int64(3, 10), deadline.Token);
        using ZkArrowTable table = await client.ReadAsync("a");
        Assert.That(table.Version, Is.EqualTo(version));
        Assert.That((await ValuesAsync(table))[0], Is.EqualTo(3));
    }

    /// <summary>A server that has just started may need more than the client's second: asks again, as its user would.</summary>
    private static async Task<DatasetVersion> PublishedAsync(ZkArrowClient client, RecordBatch batch, CancellationToken deadline)
    {
        while (true)
        {
            try
            {
                return await client.PublishAsync("a", batch, cancellationToken: deadline);
            }
            catch (ZkArrowException e) when (e.IsRetryable || e.IsOutcomeUnknown)
            {
                deadline.ThrowIfCancellationRequested();
            }
        }
    }

    [Test]
    public async Task Connecting_to_nothing_ends_at_the_deadline()
    {
        ZkArrowException e = (await Assert.ThrowsAsync<ZkArrowException>(async () =>
            await ZkArrowClient.ConnectAsync("zk://127.0.0.1:1", new ZkArrowOptions { OperationTimeout = TimeSpan.FromMilliseconds(500) })))!;
        Assert.That(e.Status, Is.EqualTo(ZkArrowStatus.Unavailable));
    }
}
