using ZkArrow.Coordination;

namespace ZkArrow;

/// <summary>Where a version's bytes are.</summary>
public enum Residency
{
    /// <summary>In the coordinator.</summary>
    Inline = 1,

    /// <summary>In shared memory of one host.</summary>
    Host = 2,

    /// <summary>In files on a disk of one host, which outlive a restart of it.</summary>
    Disk = 3,

    /// <summary>In the memory of the process that published it, for as long as its client is open.</summary>
    Process = 4,
}

/// <summary>What is known of a version.</summary>
/// <param name="Number">1, 2, 3 … per dataset, never reused.</param>
/// <param name="Epoch">The fencing token of the owner that published it; 0 when published without owning.</param>
/// <param name="Rows">Rows in all its batches.</param>
/// <param name="Bytes">The size of its Arrow IPC bytes.</param>
/// <param name="CommitId">32 hex digits, chosen by the publisher.</param>
/// <param name="SchemaId">32 hex digits: the content address of its schema.</param>
/// <param name="CommittedAt">The publisher's clock when it committed.</param>
/// <param name="Residency">Where its bytes are.</param>
/// <param name="Author">Who published it, as <c>pid@host</c>.</param>
public sealed record DatasetVersion(
    long Number,
    long Epoch,
    long Rows,
    long Bytes,
    string CommitId,
    string SchemaId,
    DateTimeOffset CommittedAt,
    Residency Residency,
    string Author)
{
    /// <summary>
    /// The commit that made it, in the coordinator's one order of all commits: what <see cref="AsOf.Commit(long)"/> takes. The
    /// versions of one transaction have the same. 0 when it is not known, as of a version whose record was gone before it could be asked.
    /// </summary>
    public long CommitNumber { get; init; }

    internal static readonly IReadOnlyDictionary<string, string> NoMetadata = new Dictionary<string, string>();

    /// <summary>The commit id of the version that it followed; null for the first.</summary>
    public string? ParentCommitId { get; init; }

    /// <summary>What its publisher calls its program, see <see cref="ZkArrowOptions.CodeTag"/>; null when it did not say.</summary>
    public string? CodeTag { get; init; }

    /// <summary>What its publisher attached.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = NoMetadata;

    /// <summary>The tags that name it, as a history lists them; empty in every other answer.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>The host of its publisher.</summary>
    public string Host => Author[(Author.IndexOf('@', StringComparison.Ordinal) + 1)..];

    /// <summary>The process of its publisher; 0 when the author does not say.</summary>
    public int ProcessId => int.TryParse(Author.Split('@')[0], out int pid) ? pid : 0;

    /// <summary>Whether both are the same commit: a version never changes, and commit ids are never used again.</summary>
    public bool Equals(DatasetVersion? other) =>
        other != null && (Number, Epoch, CommitId, SchemaId, Bytes) == (other.Number, other.Epoch, other.CommitId, other.SchemaId, other.Bytes);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Number, CommitId);

    internal static DatasetVersion From(Manifest m) => new(
        m.Version,
        m.Epoch,
        m.Rows,
        m.Bytes,
        m.Commit,
        m.Schema,
        DateTimeOffset.UnixEpoch.AddTicks(m.AtUs * TimeSpan.TicksPerMicrosecond),
        m.Place,
        m.Author)
    {
        CommitNumber = m.CommitNumber,
        ParentCommitId = m.Parent,
        CodeTag = m.Code,
        Metadata = m.Metadata ?? NoMetadata,
    };
}

/// <summary>A dataset and its newest version.</summary>
/// <param name="Name">The dataset's name.</param>
/// <param name="Head">Its newest version.</param>
public sealed record DatasetInfo(string Name, DatasetVersion Head);

/// <summary>The state of a client's connection.</summary>
public enum ClientState
{
    /// <summary>The client works.</summary>
    Connected = 1,

    /// <summary>The connection is lost; the session may still live.</summary>
    Suspended = 2,

    /// <summary>The session is lost; a new one is being made.</summary>
    Lost = 3,

    /// <summary>The client is closed.</summary>
    Closed = 4,
}
