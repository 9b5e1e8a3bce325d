using System.Security.Cryptography;
using ZkArrow.ArrowC;
using ZkArrow.Coordination;
using ZkArrow.Ipc;
using ZkArrow.Segments;

namespace ZkArrow.Datasets;

/// <summary>
/// A version on its way: its bytes are written once, and stand under a name that carries the version they are meant
/// for. It is pinned until it is disposed, so that no sweeper takes it before its record is there; disposed without being
/// kept, its segment is removed again.
/// </summary>
internal sealed class Draft(DatasetContext context, DraftSource source, string commit, Residency residency) : IDraftMaker
{
    private readonly string _random = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(6));
    private byte[]? _inline;
    private string? _file = source.StandsAs;
    private IDisposable? _pin;

    public string Commit => commit;

    public Residency Residency => residency;

    public SchemaBox Schema => source.Schema;

    public string SchemaId => source.Schema.Fingerprint;

    /// <summary>Segments of the version before, which this one keeps in front of its own.</summary>
    public IReadOnlyList<SegmentRecord> Before { get; set; } = [];

    /// <summary>The bytes of an inline version; empty for one with a segment.</summary>
    public ReadOnlySpan<byte> InlineFile => _inline;

    /// <summary>Set once nobody may remove the segment any more: it is committed, or may be.</summary>
    public bool Keep { get; set; }

    /// <summary>Puts the bytes in place for this version of this incarnation, and describes it.</summary>
    public Manifest Prepare(Guid incarnation, long version, long epoch)
    {
        if (residency == Residency.Inline)
            _inline ??= WriteInline();
        else
            Place($"{ZnodeLayout.Hex(incarnation)}/{epoch}-{version}-{_random}.arrow");
        bool isInline = residency == Residency.Inline;
        return new Manifest(
            ZnodeLayout.Format,
            version,
            epoch,
            commit,
            SchemaId,
            Before.Sum(segment => segment.Rows) + source.Rows,
            Before.Sum(segment => segment.Bytes) + source.Length,
            DatasetContext.NowUs(),
            context.Author,
            Manifest.NameOf(residency),
            isInline ? [] : [.. Before, new SegmentRecord(_file!, source.Length, source.Rows)],
            residency is Residency.Host or Residency.Process ? context.Boot : null,
            Directory: residency == Residency.Disk ? context.Places.Disk : null);
    }

    public ValueTask<Draft?> OnAsync(Head? head, Call call) => new(this);

    public void Dispose()
    {
        if (_file != null)
            source.Settle(context.Places.For(residency), _file, Keep);
        _pin?.Dispose();
        source.Dispose();
    }

    /// <summary>A sweeper looks a file's version up by its name, so the name follows when the version changes.</summary>
    private void Place(string file)
    {
        if (_file == file)
            return;

        ISegmentPlace place = context.Places.For(residency);

        // a drop of the incarnation it was meant for may have taken the file along: then it is written again
        if (_file == null || !place.Rename(_file, file))
        {
            _pin?.Dispose();
            _pin = source.Place(place, file);
        }

        _file = file;
    }

    private unsafe byte[] WriteInline()
    {
        byte[] bytes = new byte[source.Length];
        fixed (byte* start = bytes)
            source.Write(new UndamagedSink(new MemorySink(start, bytes.Length)));
        return bytes;
    }
}
