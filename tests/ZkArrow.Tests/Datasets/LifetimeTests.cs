using NUnit.Framework;
using ZkArrow.Testing;

namespace ZkArrow.Tests.Datasets;

/// <summary>Datasets that end by themselves.</summary>
[TestFixture]
public sealed class LifetimeTests : DatasetFixture
{
    private static readonly PublishOptions OfSession = new() { Residency = Residency.Host, Lifetime = Lifetime.Session };

    [TestCase(false)]
    [TestCase(true)]
    public async Task A_dataset_of_a_session_goes_with_it_and_leaves_nothing(bool embedded)
    {
        // the folder of the embedded coordinator goes with the data directory
        string? url = embedded ? $"local:{DataDirectory}/.local" : null;
        ZkArrowClient maker = await ConnectAsync(url: url);
        ZkArrowClient other = await ConnectAsync(url: url);
        await maker.PublishAsync("a", Int64(1, 1), OfSession);
        await maker.PublishAsync("a", Int64(2, 2), OfSession);
        await other.PublishAsync("a", Int64(3, 3), new PublishOptions { Residency = Residency.Host });
        Assert.That((await other.DescribeAsync("a")).Lifetime, Is.EqualTo(Lifetime.Session));
        Assert.That(await StatusOf(() => other.PublishAsync("a", Int64(0, 1), OfSession).AsTask()), Is.EqualTo(ZkArrowStatus.InvalidArgument), "of another client");
        using ZkArrowTable held = await other.ReadAsync("a");
        await maker.DisposeAsync();
        await Eventually.TrueAsync(async () => (await other.ListAsync()).Count == 0, "the dataset is gone");
        Assert.That(Segments(), Has.Length.EqualTo(3));

        // the other's memory of it is old, and must not bring it back
        DatasetVersion again = await other.PublishAsync("a", Int64(9, 9), new PublishOptions { Residency = Residency.Host });
        Assert.That((again.Number, (await other.DescribeAsync("a")).Lifetime), Is.EqualTo((1L, Lifetime.Persistent)));
        await other.SweepAsync(TimeSpan.FromHours(1));
        await other.SweepAsync(TimeSpan.FromHours(1));
        Assert.That(Segments(), Has.Length.EqualTo(1), "its bytes are collected, those of the new one are not");
        Assert.That(await ValuesAsync(held), Is.EqualTo(new[] { 3L, 4L, 5L }), "a reader keeps what it holds");
    }

    [Test]
    public async Task A_dataset_goes_when_nothing_was_published_to_it_for_its_time_to_live()
    {
        ZkArrowClient client = await ConnectAsync();
        await client.PublishAsync("short", Int64(1, 1), new PublishOptions { Residency = Residency.Host, Lifetime = Lifetime.Ttl, TimeToLive = TimeSpan.FromMicroseconds(1) });
        await client.PublishAsync("long", Int64(1, 1), new PublishOptions { Residency = Residency.Host, Lifetime = Lifetime.Ttl, TimeToLive = TimeSpan.FromHours(1) });
        await client.SweepAsync(TimeSpan.FromHours(1));
        Assert.That((await client.ListAsync()).Select(d => d.Name), Is.EqualTo(new[] { "long" }));
        Assert.That(Segments(), Has.Length.EqualTo(1));
        Assert.That(await StatusOf(async () => (await client.ReadAsync("short", new ReadOptions { Strict = true })).Dispose()), Is.EqualTo(ZkArrowStatus.NotFound));
        await client.ConfigureAsync("long", new DatasetOptions { TimeToLive = TimeSpan.FromMicroseconds(1) });
        await client.SweepAsync(TimeSpan.FromHours(1));
        Assert.That(await client.ListAsync(), Is.Empty);
        Assert.That(Segments(), Is.Empty);
    }

    [Test]
    public async Task A_lifetime_is_decided_when_a_dataset_is_made()
    {
        ZkArrowClient client = await ConnectAsync();
        PublishOptions ttl = new() { Lifetime = Lifetime.Ttl, TimeToLive = TimeSpan.FromHours(1) };
        await client.PublishAsync("persistent", Int64(0, 1));
        await client.PublishAsync("session", Int64(0, 1), OfSession);
        await client.PublishAsync("ttl", Int64(0, 1), ttl);
        await client.PublishAsync("persistent", Int64(0, 1), new PublishOptions { Lifetime = Lifetime.Persistent });
        await client.PublishAsync("ttl", Int64(0, 1), ttl);
        foreach ((string name, PublishOptions options, string says) in (IEnumerable<(string, PublishOptions, string)>)
        [
            ("persistent", OfSession, "'persistent' is persistent"),
            ("persistent", ttl, "'persistent' is persistent"),
            ("session", new PublishOptions { Lifetime = Lifetime.Persistent }, "goes with the session"),
            ("ttl", OfSession, "stays for 3600 s"),
            ("ttl", ttl with { TimeToLive = TimeSpan.FromHours(2) }, "stays for 3600 s"),
            ("new", new PublishOptions { Lifetime = Lifetime.Ttl }, "needs one that is positive"),
            ("new", new PublishOptions { TimeToLive = TimeSpan.FromHours(2) }, "leave one of them out"),
        ])
        {
            ZkArrowException e = (await Assert.ThrowsAsync<ZkArrowException>(async () => await client.PublishAsync(name, Int64(0, 1), options), says))!;
            Assert.That((e.Status, e.Message), Is.EqualTo((ZkArrowStatus.InvalidArgument, e.Message)));
            Assert.That(e.Message, Does.Contain(says));
        }

        Assert.That(await StatusOf(() => client.ConfigureAsync("session", new DatasetOptions { TimeToLive = TimeSpan.FromHours(1) }).AsTask()), Is.EqualTo(ZkArrowStatus.InvalidArgument));
    }

    private string[] Segments() => Directory.GetFiles(DataDirectory, "*.arrow", SearchOption.AllDirectories);
}
