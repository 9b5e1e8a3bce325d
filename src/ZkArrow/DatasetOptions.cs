namespace ZkArrow;

/// <summary>Which schemas a dataset admits, compared with that of its head. docs/history.md says what is compatible.</summary>
public enum SchemaPolicy
{
    /// <summary>Any.</summary>
    None = 1,

    /// <summary>Programs for the new schema can read the version before.</summary>
    Backward = 2,

    /// <summary>Programs for the schema of the version before can read the new one.</summary>
    Forward = 3,

    /// <summary>Both.</summary>
    Full = 4,

    /// <summary>The very same, metadata too.</summary>
    Exact = 5,
}

/// <summary>How long a dataset stays.</summary>
public enum Lifetime
{
    /// <summary>Until it is dropped.</summary>
    Persistent = 1,

    /// <summary>As long as the session of the client that made it.</summary>
    Session = 2,

    /// <summary>Until nothing was published to it for a time.</summary>
    Ttl = 3,
}

/// <summary>
/// Which versions of a dataset are kept: those within every limit that is set, besides the head and what has a tag,
/// which stay and do not count (the head does).
/// </summary>
public sealed record Retention
{
    private readonly long? _versions;
    private readonly TimeSpan? _age;
    private readonly long? _bytes;

    /// <summary>Keeps all.</summary>
    public static Retention KeepAll { get; } = new();

    /// <summary>How many versions; null for any number.</summary>
    public long? Versions
    {
        get => _versions;
        init => _versions = value is null or > 0 ? value : throw NotPositive(nameof(Versions), value);
    }

    /// <summary>For how long after it was published; null for ever.</summary>
    public TimeSpan? Age
    {
        get => _age;
        init => _age = value is null || value > TimeSpan.Zero ? value : throw NotPositive(nameof(Age), value);
    }

    /// <summary>How many bytes, each segment counted once; null for any number.</summary>
    public long? Bytes
    {
        get => _bytes;
        init => _bytes = value is null or > 0 ? value : throw NotPositive(nameof(Bytes), value);
    }

    private static ZkArrowException NotPositive(string name, object? value) =>
        new(ZkArrowStatus.InvalidArgument, $"{name} was {value}; it must be positive, or null for no limit");
}

/// <summary>What is decided about a dataset; what is null stays as it is.</summary>
public sealed record DatasetOptions
{
    private readonly TimeSpan? _timeToLive;

    /// <summary>Which versions are kept; <see cref="Retention.KeepAll"/> at first.</summary>
    public Retention? Retention { get; init; }

    /// <summary>Which schemas are admitted; <see cref="SchemaPolicy.None"/> at first.</summary>
    public SchemaPolicy? SchemaPolicy { get; init; }

    /// <summary>For how long the dataset stays after its last publish; zero for ever.</summary>
    public TimeSpan? TimeToLive
    {
        get => _timeToLive;
        init => _timeToLive = value is null || value >= TimeSpan.Zero
            ? value
            : throw new ZkArrowException(ZkArrowStatus.InvalidArgument, $"TimeToLive was {value}; it must not be negative");
    }
}

/// <summary>All that is known of a dataset.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Head">Its newest version; null when it has none yet.</param>
/// <param name="Versions">How many versions can still be read.</param>
/// <param name="Bytes">Their bytes, each segment counted once.</param>
/// <param name="CreatedAt">The clock of whoever made it.</param>
/// <param name="Retention">Which versions are kept.</param>
/// <param name="SchemaPolicy">Which schemas are admitted.</param>
/// <param name="Lifetime">How long it stays.</param>
/// <param name="TimeToLive">For how long after its last publish; null unless its lifetime is <see cref="Lifetime.Ttl"/>.</param>
/// <param name="Epoch">The epoch of its last owner; 0 when it never had one.</param>
/// <param name="IsOwned">Whether it has an owner.</param>
/// <param name="Tags">Each tag with the version it names.</param>
public sealed record DatasetDescription(
    string Name,
    DatasetVersion? Head,
    long Versions,
    long Bytes,
    DateTimeOffset CreatedAt,
    Retention Retention,
    SchemaPolicy SchemaPolicy,
    Lifetime Lifetime,
    TimeSpan? TimeToLive,
    long Epoch,
    bool IsOwned,
    IReadOnlyDictionary<string, long> Tags);
