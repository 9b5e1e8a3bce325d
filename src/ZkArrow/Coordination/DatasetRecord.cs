using System.Text.Json.Serialization;

namespace ZkArrow.Coordination;

/// <summary>
/// What stands in a dataset's own node: what it is, and what was decided about it since. Every commit checks the stat
/// version of this node, so that no publisher misses a policy and no version goes that has just been given a tag.
/// </summary>
internal sealed record DatasetRecord(int Format, string Name, long CreatedAtUs)
{
    public const string Session = "session";
    private const int IdBytes = 16;

    /// <summary>So many changes may follow a lost answer before it can no longer be resolved.</summary>
    private const int ChangesKept = 16;

    /// <summary>How many versions are kept; null for all.</summary>
    public long? KeepVersions { get; init; }

    /// <summary>For how long a version is kept, from its own publishing on.</summary>
    public long? KeepAgeUs { get; init; }

    /// <summary>How many bytes of segments and inline tables are kept.</summary>
    public long? KeepBytes { get; init; }

    /// <summary>Which schemas may follow each other; null for any.</summary>
    public string? SchemaPolicy { get; init; }

    /// <summary><see cref="Session"/>, or null for a dataset that stays.</summary>
    public string? Lifetime { get; init; }

    /// <summary>For how long the dataset stays after its last publish.</summary>
    public long? TtlUs { get; init; }

    /// <summary>Each tag with the version it names.</summary>
    public IReadOnlyDictionary<string, long>? Tags { get; init; }

    /// <summary>Whether the dataset is on the list of those to be tended: once on it, it stays there until it is dropped.</summary>
    public bool? Tended { get; init; }

    /// <summary>The ids of the last changes, the newest first, in base64: a change whose answer was lost is found there.</summary>
    public string? Changes { get; init; }

    [JsonIgnore]
    public bool Retains => KeepVersions != null || KeepAgeUs != null || KeepBytes != null;

    [JsonIgnore]
    public bool NeedsTending => Retains || TtlUs != null || Lifetime != null;

    [JsonIgnore]
    public bool IsOfSession => Lifetime == Session;

    /// <summary>The tags of a version, in order.</summary>
    public IReadOnlyList<string> TagsOf(long version) =>
        Tags == null ? [] : [.. Tags.Where(tag => tag.Value == version).Select(tag => tag.Key).Order(StringComparer.Ordinal)];

    /// <summary>This record with tags that name a version, wherever they were before.</summary>
    public DatasetRecord Tag(IReadOnlyList<string> tags, long version)
    {
        if (tags.Count == 0)
            return this;
        SortedDictionary<string, long> all = new(StringComparer.Ordinal);
        foreach ((string tag, long number) in Tags ?? new Dictionary<string, long>())
            all[tag] = number;
        foreach (string tag in tags)
            all[tag] = version;
        return all.Count <= VersionLabels.MaxTagsOfDataset
            ? this with { Tags = all }
            : throw new ZkArrowException(ZkArrowStatus.TooLarge, $"the dataset '{Name}' would have {all.Count} tags, more than {VersionLabels.MaxTagsOfDataset}; remove some");
    }

    /// <summary>This record without a tag.</summary>
    public DatasetRecord Untag(string tag)
    {
        SortedDictionary<string, long> left = new(Tags?.ToDictionary() ?? [], StringComparer.Ordinal);
        return left.Remove(tag) ? this with { Tags = left.Count == 0 ? null : left } : throw NoTag(tag);
    }

    public ZkArrowException NoTag(string tag) =>
        new(ZkArrowStatus.NotFound, $"no version of '{Name}' has the tag '{tag}'; describe the dataset to see its tags");

    /// <summary>This record as it is written by the change with this id.</summary>
    public DatasetRecord ChangedBy(string id)
    {
        byte[] older = Changes == null ? [] : Convert.FromBase64String(Changes);
        byte[] ring = [.. Convert.FromHexString(id), .. older.AsSpan(0, Math.Min(older.Length, (ChangesKept - 1) * IdBytes))];
        return this with { Changes = Convert.ToBase64String(ring) };
    }

    /// <summary>Which change came this many before the last; null when it is no longer known.</summary>
    public string? ChangeBefore(int last)
    {
        byte[] ring = Changes == null ? [] : Convert.FromBase64String(Changes);
        int at = last * IdBytes;
        return at < 0 || at + IdBytes > ring.Length ? null : Convert.ToHexStringLower(ring.AsSpan(at, IdBytes));
    }
}
