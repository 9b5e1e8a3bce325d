using Apache.Arrow;
using Apache.Arrow.Types;
using NUnit.Framework;
using ZkArrow.Testing;

namespace ZkArrow.Tests.Datasets;

/// <summary>A budget for the data directory: what counts, what is given back first, and what the refusal says.</summary>
[TestFixture]
[NonParallelizable]
public sealed class SpaceLimitTests : DatasetFixture
{
    private const int Rows = 125_000; // a little more than 1 MB
    private static readonly PublishOptions Host = new() { Residency = Residency.Host };

    [Test]
    public async Task The_refusal_says_what_holds_the_space_and_what_is_dropped_makes_room()
    {
        ZkArrowClient client = await ConnectAsync(options => options with { SpaceLimit = 3_500_000 });
        ZkArrowClient other = await ConnectAsync(); // of whom the limit knows by the files alone
        await other.PublishAsync("big", Int64(0, 2 * Rows), Host);
        await client.PublishAsync("small", Int64(0, Rows), Host);
        ZkArrowException full = (await Assert.ThrowsAsync<ZkArrowException>(async () => await client.PublishAsync("more", Int64(0, Rows), Host)))!;
        Assert.That(full.Status, Is.EqualTo(ZkArrowStatus.NoSpace));
        Assert.That(full.Message, Does.Match(@"needed 100\d{4} bytes of the 3500000 that space_limit allows .*, which held 300\d{4} in segments, 0 retired .*, and 0 of this client"));
        Assert.That(full.Message, Does.Contain("drop versions, set a retention, close tables, or raise space_limit"));
        Assert.That(full.Message, Does.Match(@"held by 300\d{4} bytes in 2 segments of versions.*'big' 200\d{4} bytes in 1 segments, 'small' 100"));
        Assert.That((await other.PublishAsync("more", Int64(0, Rows), Host)).Number, Is.EqualTo(1), "a limit is its client's own");
        Assert.That((await client.PublishAsync("tiny", Int64(0, 10))).Residency, Is.EqualTo(Residency.Inline));

        // what nobody reads is given back from the pool, what is held is not
        using (await other.ReadAsync("big"))
        {
            await other.DropAsync("big");
            Assert.That(await StatusOf(async () => await client.PublishAsync("again", Int64(0, Rows), Host)), Is.EqualTo(ZkArrowStatus.NoSpace));
        }

        Assert.That((await client.PublishAsync("again", Int64(0, Rows), Host)).Number, Is.EqualTo(1));
    }

    [Test]
    public async Task Appends_and_loans_count_and_a_loan_given_up_does_not()
    {
        ZkArrowClient client = await ConnectAsync(options => options with { SpaceLimit = 2_500_000 });
        Schema schema = new([new Field("x", Int64Type.Default, false)], null);
        await client.PublishAsync("t", Int64(0, Rows), Host);
        using (client.Loan(schema, Rows))
        {
            Assert.That(await StatusOf(async () => await client.AppendAsync("t", Int64(0, Rows), Host)), Is.EqualTo(ZkArrowStatus.NoSpace));
            ZkArrowException full = Assert.Throws<ZkArrowException>(() => client.Loan(schema, Rows))!;
            Assert.That(full.Status, Is.EqualTo(ZkArrowStatus.NoSpace));
            Assert.That(full.Message, Does.Match(@"and 100\d{4} of this client without a name yet"));
        }

        using (ZkArrowLoan loan = client.Loan(schema, Rows))
        {
            await loan.PublishAsync("u");
            Assert.That(await StatusOf(async () => await client.AppendAsync("t", Int64(0, Rows), Host)), Is.EqualTo(ZkArrowStatus.NoSpace));
        }

        await client.DropAsync("u");
        Assert.That((await client.AppendAsync("t", Int64(0, Rows), Host)).Rows, Is.EqualTo(2 * Rows));
    }

    [Test]
    public async Task A_series_of_publishes_with_retention_stays_within_its_limit()
    {
        const int Limit = 3_100_000;
        ZkArrowClient client = await ConnectAsync(options => options with { SpaceLimit = Limit });
        await client.ConfigureAsync("t", new DatasetOptions { Retention = new Retention { Versions = 1 } });
        for (int i = 0; i < 20; i++)
        {
            // the version before may not be retired yet, but the one before that is
            await client.PublishAsync("t", Int64(i, Rows), Host);
            Assert.That(Directory.GetFiles(DataDirectory, "*", SearchOption.AllDirectories).Where(file => !file.EndsWith("/changes", StringComparison.Ordinal)).Sum(file => new FileInfo(file).Length), Is.LessThanOrEqualTo(Limit));
            await Eventually.TrueAsync(
                () => Directory.GetFiles(DataDirectory, "*.arrow", SearchOption.AllDirectories).Length == 1, "the version before is retired");
        }
    }

    [Test]
    public void A_negative_limit_is_refused() =>
        Assert.That(() => new ZkArrowOptions { SpaceLimit = -1 }, Throws.TypeOf<ZkArrowException>());
}
