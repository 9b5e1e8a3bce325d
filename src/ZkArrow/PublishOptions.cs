namespace ZkArrow;

/// <summary>How to publish.</summary>
public sealed record PublishOptions
{
    private readonly long? _expectedVersion;
    private readonly IReadOnlyList<string> _tags = [];
    private readonly IReadOnlyDictionary<string, string> _metadata = DatasetVersion.NoMetadata;

    /// <summary>
    /// Compare-and-set: the number the head must have; 0 when the dataset must not exist yet; null to publish whatever
    /// the head is.
    /// </summary>
    public long? ExpectedVersion
    {
        get => _expectedVersion;
        init => _expectedVersion = value is null or >= 0
            ? value
            : throw new ZkArrowException(ZkArrowStatus.InvalidArgument, $"ExpectedVersion was {value}; it must not be negative");
    }

    /// <summary>Where the bytes go; null for <see cref="ZkArrow.Residency.Inline"/> when they are few, else <see cref="ZkArrow.Residency.Host"/>; an append stays where its dataset is.</summary>
    public Residency? Residency { get; init; }

    /// <summary>Whether to refuse a schema other than the head's.</summary>
    public bool SameSchema { get; init; }

    /// <summary>
    /// The dataset's owner, of the same client; null to publish without owning, which a dataset that has an owner refuses as
    /// NotOwner.
    /// </summary>
    public ZkArrowOwner? Owner { get; init; }

    /// <summary>Tags for the version; those that name another one move, in the same commit.</summary>
    public IReadOnlyList<string> Tags
    {
        get => _tags;
        init => _tags = VersionLabels.Tags(value);
    }

    /// <summary>What to attach to the version: up to 64 entries and 4,096 bytes.</summary>
    public IReadOnlyDictionary<string, string> Metadata
    {
        get => _metadata;
        init => _metadata = VersionLabels.Metadata(value);
    }

    /// <summary>
    /// How long the dataset stays, which is decided when it is made: null for <see cref="Lifetime.Persistent"/>, or for
    /// whatever a dataset that exists has.
    /// </summary>
    public Lifetime? Lifetime { get; init; }

    /// <summary>With <see cref="Lifetime.Ttl"/>: for how long after its last publish the dataset stays.</summary>
    public TimeSpan? TimeToLive { get; init; }
}

/// <summary>What to read.</summary>
public sealed record ReadOptions
{
    private readonly long _version;
    private readonly string? _tag;

    /// <summary>The version's number; 0 for the head.</summary>
    public long Version
    {
        get => _version;
        init => _version = value >= 0
            ? value
            : throw new ZkArrowException(ZkArrowStatus.InvalidArgument, $"Version was {value}; it must not be negative");
    }

    /// <summary>
    /// The version that was the head at an earlier moment; null for none. Not together with <see cref="Version"/>, <see cref="Tag"/> or
    /// <see cref="Wait"/>.
    /// </summary>
    public AsOf? AsOf { get; init; }

    /// <summary>Read the version that has this tag, instead of naming its number; a tag is not waited for.</summary>
    public string? Tag
    {
        get => _tag;
        init => _tag = value == null ? null : VersionLabels.Tag(value);
    }

    /// <summary>Whether to ask the coordinator's leader first, so that every commit acknowledged anywhere is seen.</summary>
    public bool Strict { get; init; }

    /// <summary>Whether to wait until the dataset, or the version, exists.</summary>
    public bool Wait { get; init; }

    /// <summary>Whether to check every offset, dictionary index and string before handing anything out.</summary>
    public bool ValidateFull { get; init; }
}
