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
internal sealed class Draft(DatasetContext context, ArrowTable table, IpcPlan plan, string commit, Residency residency) : IDisposable
{
    private readonly string _random = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(6));
    private readonly long _rows = table.Rows;
    private readonly string _schema = table.Schema.Fingerprint;
    private byte[]? _inline;
    private string? _file;
    private SegmentPin? _pin;

    public string Commit => commit;

    public string SchemaId => _schema;

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
        bool host = residency == Residency.Host;
        return new Manifest(
            ZnodeLayout.Format,
            version,
            epoch,
            commit,
            _schema,
            _rows,
            plan.Length,
            DateTime.UtcNow.Subtract(DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond,
            context.Author,
            host ? Manifest.Host : Manifest.Inline,
            host ? [new SegmentRecord(_file!, plan.Length, _rows)] : [],
            host ? context.Boot : null);
    }

    public void Dispose()
    {
        if (_file != null && !Keep)
            context.Directory.Unlink(_file);
        _pin?.Dispose();
    }

    /// <summary>A sweeper looks a file's version up by its name, so the name follows when the version changes.</summary>
    private void Place(string file)
    {
        if (_file == file)
            return;

        // a drop of the incarnation it was meant for may have taken the file along: then it is written again
        if (_file == null || !context.Directory.Rename(_file, file))
        {
            _pin?.Dispose();
            _pin = context.Directory.WritePinned(file, plan.Length, plan.Write);
        }

        _file = file;
    }

    private unsafe byte[] WriteInline()
    {
        byte[] bytes = new byte[plan.Length];
        fixed (byte* start = bytes)
            plan.Write(new UndamagedSink(new MemorySink(start, bytes.Length)));
        return bytes;
    }
}
