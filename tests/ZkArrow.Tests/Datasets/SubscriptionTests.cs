using System.Globalization;
using NUnit.Framework;
using ZkArrow.Testing;

namespace ZkArrow.Tests.Datasets;

[TestFixture]
public sealed class SubscriptionTests : DatasetFixture
{
    [Test]
    public async Task Every_version_comes_once_in_order_from_before_the_dataset_exists()
    {
        ZkArrowClient writer = await ConnectAsync();
        ZkArrowClient reader = await ConnectAsync();
        using CancellationTokenSource source = new(TimeSpan.FromMinutes(1));
        Task<List<long>> seen = Task.Run(async () =>
        {
            List<long> numbers = [];
            await foreach (DatasetVersion version in reader.SubscribeAsync("a", cancellationToken: source.Token))
            {
                numbers.Add(version.Number);
                if (version.Number == 300)
                    break;
            }

            return numbers;
        });
        for (int i = 1; i <= 300; i++)
            await writer.PublishAsync("a", Int64(i, 1));
        Assert.That(await seen, Is.EqualTo(Enumerable.Range(1, 300).Select(i => (long)i)));
    }

    /// <summary>ZKARROW_SUBSCRIBED_VERSIONS=10000 for a long run.</summary>
    [Test]
    public async Task No_version_is_missed_or_comes_twice_while_the_connection_is_cut_every_second()
    {
        int count = int.Parse(Environment.GetEnvironmentVariable("ZKARROW_SUBSCRIBED_VERSIONS") ?? "1000", CultureInfo.InvariantCulture);
        await using ChaosProxy proxy = new(Server.Port);
        ZkArrowClient writer = await ConnectAsync();
        ZkArrowClient reader = await ConnectAsync(url: $"zk://{proxy.ConnectString}{Url[Url.LastIndexOf('/')..]}");
        using CancellationTokenSource done = new(TimeSpan.FromMinutes(5));
        List<long> seen = [];
        Task reading = Task.Run(async () =>
        {
            await foreach (DatasetVersion version in reader.SubscribeAsync("a", cancellationToken: done.Token))
            {
                seen.Add(version.Number);
                if (version.Number == count)
                    return;
            }
        });
        Task cutting = Task.Run(async () =>
        {
            using PeriodicTimer second = new(TimeSpan.FromSeconds(1));
            while (!reading.IsCompleted && await second.WaitForNextTickAsync(done.Token))
                proxy.Cut();
        });
        for (int i = 1; i <= count; i++)
        {
            await writer.PublishAsync("a", Int64(i, 1));
            if (i % 250 == 0)
                proxy.Cut(); // a fast machine is done before the second is
        }

        await reading;
        await cutting;
        Assert.That(seen, Is.EqualTo(Enumerable.Range(1, count).Select(i => (long)i)));
        Assert.That(proxy.Connections, Is.GreaterThan(count / 250 / 2), "it was cut");
    }

    [Test]
    public async Task Closing_it_ends_a_call_that_waits_and_says_which_was_closed()
    {
        ZkArrowClient client = await ConnectAsync();
        ZkArrow.Datasets.DatasetSubscription subscription = client.Subscribe("a", after: 0);
        Task waiting = subscription.NextAsync(Timeout.InfiniteTimeSpan, default).AsTask();
        subscription.Dispose();
        ObjectDisposedException e = (await Assert.ThrowsAsync<ObjectDisposedException>(() => waiting))!;
        Assert.That(e.Message, Does.Contain("subscription was closed"));
        Assert.That((await client.PublishAsync("a", Int64(0, 1))).Number, Is.EqualTo(1), "the client itself goes on");
    }

    [Test]
    public async Task It_resumes_after_any_version_and_tells_what_was_skipped()
    {
        ZkArrowClient client = await ConnectAsync();
        for (int i = 1; i <= 6; i++)
            await client.PublishAsync("a", Int64(i, 1));
        await client.DropAsync("a", 3);
        await client.DropAsync("a", 4);
        using ZkArrow.Datasets.DatasetSubscription subscription = client.Subscribe("a", after: 1);
        List<(long, long)> seen = [];
        for (int i = 0; i < 3; i++)
        {
            ZkArrow.Datasets.SubscribedVersion next = await subscription.NextAsync(TimeSpan.FromSeconds(30), default);
            seen.Add((next.Version.Number, next.Skipped));
        }

        Assert.That(seen, Is.EqualTo(new[] { (2L, 0L), (5L, 2L), (6L, 0L) }));
        Assert.That(await StatusOf(async () => await subscription.NextAsync(TimeSpan.FromMilliseconds(50), default)), Is.EqualTo(ZkArrowStatus.Timeout));
        await client.DropAsync("a");
        Assert.That(await StatusOf(async () => await subscription.NextAsync(TimeSpan.FromSeconds(30), default)), Is.EqualTo(ZkArrowStatus.NotFound));
    }
}
