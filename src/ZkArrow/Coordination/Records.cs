using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace ZkArrow.Coordination;

/// <summary>What stands in <c>/format</c>: the layout's version and the namespace's own id.</summary>
internal sealed record FormatRecord(int Zkarrow, Guid Namespace);

/// <summary>What a name points to. An incarnation is never reused, so a writer of a dropped dataset finds nothing.</summary>
internal sealed record NameRecord(int Format, Guid Inc);

/// <summary>
/// Who may write. The stat version of the node that holds it is the fence that every commit checks. What follows the
/// state tells of the last owner, also when it has released; a dataset that never had one lacks it.
/// </summary>
/// <param name="Format">The layout's version.</param>
/// <param name="Epoch">The fencing token; it only grows.</param>
/// <param name="State">One of the constants.</param>
/// <param name="Iid">The client that owns: the first half of its commit ids.</param>
/// <param name="Session">The session in which it acquired, for people who look at the ensemble.</param>
/// <param name="SinceUs">The owner's clock when it acquired.</param>
/// <param name="Author">The owner's process, as in a manifest.</param>
/// <param name="Nonce">One acquisition, by which an owner whose answer was lost finds out whether it won.</param>
internal sealed record OwnRecord(
    int Format,
    long Epoch,
    string State,
    string? Iid = null,
    string? Session = null,
    long? SinceUs = null,
    string? Author = null,
    string? Nonce = null)
{
    public const string Free = "free";
    public const string Owned = "owned";
    public const string Dropped = "dropped";

    /// <summary>What a new dataset begins with.</summary>
    public static OwnRecord AtFirst { get; } = new(ZnodeLayout.Format, 0, Free);
    /// <summary>The owner, for a sentence: "epoch 7, 4711@host since 2026-01-31 12:00:00Z".</summary>
    public string Describe() => SinceUs is { } since
        ? $"epoch {Epoch}, {Author} since {DateTime.UnixEpoch.AddMicroseconds(since):u}"
        : $"epoch {Epoch}";
}

/// <summary>What stands in <c>/dropped/&lt;inc&gt;</c>.</summary>
internal sealed record DroppedRecord(int Format, string Name, long AtUs);

/// <summary>What stands in <c>/tended/&lt;inc&gt;</c>: a dataset that sweeps have to look after.</summary>
internal sealed record TendedRecord(int Format, string Name);

/// <summary>
/// One segment of a version: a file below the data directory. <c>Commit</c> is the commit that wrote it, when that is an
/// earlier one than the version's own: an append keeps the segments of the version before.
/// </summary>
internal sealed record SegmentRecord(string File, long Bytes, long Rows, string? Commit = null);

/// <summary>
/// What the coordinator holds of a version. <c>Boot</c> is the boot id of the host whose memory has the segments: it
/// tells a reader that does not find them whether they are elsewhere or lost. <c>Parent</c> is the commit id of the
/// version before, <c>Code</c> what the publisher calls its program, <c>Directory</c> the disk directory that has the segments.
/// </summary>
internal sealed record Manifest(
    int Format,
    long Version,
    long Epoch,
    string Commit,
    string Schema,
    long Rows,
    long Bytes,
    long AtUs,
    string Author,
    string Residency,
    IReadOnlyList<SegmentRecord> Segments,
    string? Boot = null,
    string? Parent = null,
    string? Code = null,
    IReadOnlyDictionary<string, string>? Metadata = null,
    string? Directory = null)
{
    private const string Inline = "inline", Host = "host", Disk = "disk", Process = "process";

    [JsonIgnore]
    public bool IsInline => Residency == Inline;

    /// <summary>Where the bytes are, as the API says it.</summary>
    [JsonIgnore]
    public ZkArrow.Residency Place => Residency switch
    {
        Inline => ZkArrow.Residency.Inline,
        Disk => ZkArrow.Residency.Disk,
        Process => ZkArrow.Residency.Process,
        _ => ZkArrow.Residency.Host,
    };

    /// <summary>What a record calls it.</summary>
    public static string NameOf(ZkArrow.Residency place) => place switch
    {
        ZkArrow.Residency.Inline => Inline,
        ZkArrow.Residency.Disk => Disk,
        ZkArrow.Residency.Process => Process,
        _ => Host,
    };

    /// <summary>The commit that made it, as the coordinator counts them; not in the record, but known of its node. 0 when it is not known.</summary>
    [JsonIgnore]
    public long CommitNumber { get; init; }
}

/// <summary>
/// What stands in <c>head</c>: the newest version's manifest, and the commit ids of the last versions (the newest
/// first), by which a writer whose answer was lost finds out whether it won. A dataset that has no version yet has a head
/// with no manifest.
/// </summary>
internal sealed record HeadRecord(int Format, string Ring, Manifest? Manifest = null)
{
    public const int RingLength = 32;
    private const int IdBytes = 16;

    public static HeadRecord Empty { get; } = new(ZnodeLayout.Format, "");

    [JsonIgnore]
    public long Version => Manifest?.Version ?? 0;

    /// <summary>The same, made by the commit with a number.</summary>
    public HeadRecord CommittedAs(long number) =>
        Manifest == null ? this : this with { Manifest = Manifest with { CommitNumber = number } };

    /// <summary>The head that follows <paramref name="previous"/>.</summary>
    public static HeadRecord After(HeadRecord? previous, Manifest manifest)
    {
        byte[] older = previous == null ? [] : Convert.FromBase64String(previous.Ring);
        byte[] ring = [.. Convert.FromHexString(manifest.Commit), .. older.AsSpan(0, Math.Min(older.Length, (RingLength - 1) * IdBytes))];
        return new HeadRecord(ZnodeLayout.Format, Convert.ToBase64String(ring), manifest);
    }

    /// <summary>The commit id of a recent version; null when it is newer than the head or fell out of the ring.</summary>
    public string? CommitOf(long version)
    {
        byte[] ring = Convert.FromBase64String(Ring);
        long at = (Version - version) * IdBytes;
        return at < 0 || at + IdBytes > ring.Length ? null : Convert.ToHexStringLower(ring.AsSpan((int)at, IdBytes));
    }
}

/// <summary>Records are small UTF-8 JSON, readable in <c>zkCli get</c>; unknown fields are ignored.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(FormatRecord))]
[JsonSerializable(typeof(NameRecord))]
[JsonSerializable(typeof(DatasetRecord))]
[JsonSerializable(typeof(OwnRecord))]
[JsonSerializable(typeof(DroppedRecord))]
[JsonSerializable(typeof(TendedRecord))]
[JsonSerializable(typeof(HeadRecord))]
[JsonSerializable(typeof(Manifest))]
internal sealed partial class RecordJson : JsonSerializerContext;

/// <summary>Reads and writes records, and the one record that has bytes behind it.</summary>
internal static class RecordCodec
{
    private const byte Newline = (byte)'\n';

    public static byte[] Write<T>(T record, JsonTypeInfo<T> type) => JsonSerializer.SerializeToUtf8Bytes(record, type);

    public static T Read<T>(ReadOnlySpan<byte> data, JsonTypeInfo<T> type, string path)
    {
        try
        {
            return JsonSerializer.Deserialize(data, type)
                ?? throw new JsonException("the record is null");
        }
        catch (JsonException e)
        {
            throw new ZkArrowException(
                ZkArrowStatus.Corrupt,
                $"the record at {path} could not be read ({e.Message}); another program may have written it",
                e);
        }
    }

    /// <summary>A head with its commit number: nothing but the commit of a version sets a head.</summary>
    public static HeadRecord ReadHead(Node node, string path) =>
        Read(node.Data, RecordJson.Default.HeadRecord, path).CommittedAs(node.ModifiedAt);

    /// <summary>A version record: the manifest in one line, then, for an inline version, its Arrow IPC file.</summary>
    public static byte[] WriteVersion(Manifest manifest, ReadOnlySpan<byte> inlineFile) =>
        [.. JsonSerializer.SerializeToUtf8Bytes(manifest, RecordJson.Default.Manifest), .. manifest.IsInline ? [Newline] : (ReadOnlySpan<byte>)[], .. inlineFile];

    public static Manifest ReadVersion(Node node, string path, out ReadOnlyMemory<byte> inlineFile)
    {
        byte[] data = node.Data;
        int end = data.AsSpan().IndexOf(Newline);
        Manifest manifest = Read(end < 0 ? data : data.AsSpan(0, end), RecordJson.Default.Manifest, path);
        inlineFile = end < 0 ? default : data.AsMemory(end + 1);
        if (manifest.IsInline && inlineFile.Length != manifest.Bytes)
        {
            throw new ZkArrowException(
                ZkArrowStatus.Corrupt,
                $"the inline table at {path} has {inlineFile.Length} bytes where its manifest says {manifest.Bytes}");
        }

        return manifest with { CommitNumber = node.CreatedAt };
    }
}
