using NUnit.Framework;

namespace ZkArrow.Tests.Api;

/// <summary>A value that cannot be is refused where it is set, with the name of the property in the sentence.</summary>
public sealed class OptionsTests
{
    private static readonly string Long = new('x', 5000);

    private static IEnumerable<TestCaseData> BadValues()
    {
        static TestCaseData Case(string property, Func<object> make, string what) => new TestCaseData(property, make).SetArgDisplayNames(property, what);
        yield return Case(nameof(ZkArrowOptions.SessionTimeout), static () => new ZkArrowOptions { SessionTimeout = TimeSpan.Zero }, "zero");
        yield return Case(nameof(ZkArrowOptions.OperationTimeout), static () => new ZkArrowOptions { OperationTimeout = TimeSpan.FromSeconds(-2) }, "negative");
        yield return Case(nameof(ZkArrowOptions.InlineMax), static () => new ZkArrowOptions { InlineMax = -1 }, "negative");
        yield return Case(nameof(ZkArrowOptions.InlineMax), static () => new ZkArrowOptions { InlineMax = ZkArrowOptions.InlineLimit + 1 }, "too large");
        yield return Case(nameof(ZkArrowOptions.CodeTag), static () => new ZkArrowOptions { CodeTag = "" }, "empty");
        yield return Case(nameof(ZkArrowOptions.CodeTag), static () => new ZkArrowOptions { CodeTag = Long }, "too long");
        yield return Case(nameof(PublishOptions.ExpectedVersion), static () => new PublishOptions { ExpectedVersion = -1 }, "negative");
        yield return Case(nameof(PublishOptions.Tags), static () => new PublishOptions { Tags = [.. Enumerable.Range(0, 65).Select(static i => $"{i}")] }, "too many");
        yield return Case("Tag", static () => new PublishOptions { Tags = ["a\nb"] }, "with a control character");
        yield return Case(nameof(PublishOptions.Metadata), static () => new PublishOptions { Metadata = new Dictionary<string, string> { ["k"] = Long } }, "too large");
        yield return Case(nameof(ReadOptions.Version), static () => new ReadOptions { Version = -1 }, "negative");
        yield return Case(nameof(ReadOptions.Tag), static () => new ReadOptions { Tag = "" }, "empty");
        yield return Case(nameof(LoanOptions.VariableBytes), static () => new LoanOptions { VariableBytes = -1 }, "negative");
        yield return Case(nameof(LoanOptions.AllocateBytes), static () => new LoanOptions { AllocateBytes = -1 }, "negative");
        yield return Case(nameof(DatasetOptions.TimeToLive), static () => new DatasetOptions { TimeToLive = TimeSpan.FromSeconds(-1) }, "negative");
        yield return Case(nameof(Retention.Versions), static () => new Retention { Versions = 0 }, "zero");
        yield return Case(nameof(Retention.Age), static () => new Retention { Age = TimeSpan.Zero }, "zero");
        yield return Case(nameof(Retention.Bytes), static () => new Retention { Bytes = 0 }, "zero");
        yield return Case(nameof(OwnershipOptions.Timeout), static () => new OwnershipOptions { Timeout = TimeSpan.FromSeconds(-2) }, "negative");
    }

    [TestCaseSource(nameof(BadValues))]
    public void A_bad_value_is_refused_and_its_property_named(string property, Func<object> make)
    {
        ZkArrowException refused = Assert.Throws<ZkArrowException>(() => make())!;
        Assert.That(refused.Status, Is.EqualTo(ZkArrowStatus.InvalidArgument));
        // as words where it is said to every language: the code tag
        Assert.That(refused.Message.Replace(" ", "", StringComparison.Ordinal), Does.Contain(property).IgnoreCase);
    }
}
