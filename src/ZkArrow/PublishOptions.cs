namespace ZkArrow;

/// <summary>How to publish.</summary>
public sealed record PublishOptions
{
    private readonly long? _expectedVersion;

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

    /// <summary>Where the bytes go; null for <see cref="ZkArrow.Residency.Inline"/> when they are few, else <see cref="ZkArrow.Residency.Host"/>.</summary>
    public Residency? Residency { get; init; }

    /// <summary>Whether to refuse a schema other than the head's.</summary>
    public bool SameSchema { get; init; }
}

/// <summary>What to read.</summary>
public sealed record ReadOptions
{
    private readonly long _version;

    /// <summary>The version's number; 0 for the head.</summary>
    public long Version
    {
        get => _version;
        init => _version = value >= 0
            ? value
            : throw new ZkArrowException(ZkArrowStatus.InvalidArgument, $"Version was {value}; it must not be negative");
    }

    /// <summary>
    /// The version that was the head at an earlier moment; null for none. Not together with <see cref="Version"/> or <see cref="Wait"/>.
    /// </summary>
    public AsOf? AsOf { get; init; }

    /// <summary>Whether to ask the coordinator's leader first, so that every commit acknowledged anywhere is seen.</summary>
    public bool Strict { get; init; }

    /// <summary>Whether to wait until the dataset, or the version, exists.</summary>
    public bool Wait { get; init; }

    /// <summary>Whether to check every offset, dictionary index and string before handing anything out.</summary>
    public bool ValidateFull { get; init; }
}
