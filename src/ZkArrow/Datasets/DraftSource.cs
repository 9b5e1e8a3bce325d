using ZkArrow.ArrowC;
using ZkArrow.Ipc;
using ZkArrow.Segments;

namespace ZkArrow.Datasets;

/// <summary>Where the bytes of a draft come from, and how they come to stand in a place.</summary>
internal abstract class DraftSource : IDisposable
{
    public abstract SchemaBox Schema { get; }

    public abstract long Rows { get; }

    /// <summary>The bytes of the whole file.</summary>
    public abstract long Length { get; }

    /// <summary>The name that an earlier draft left the file under; null when it has none.</summary>
    public virtual string? StandsAs => null;

    /// <summary>Writes the whole file.</summary>
    public abstract void Write(IIpcSink sink);

    /// <summary>Puts the file under a name; returns the pin that keeps sweepers off, or null when there is one already.</summary>
    public virtual IDisposable? Place(ISegmentPlace place, string file) => place.WritePinned(file, Length, Write);

    /// <summary>The draft is decided: its file is a version, or may be, or is nobody's.</summary>
    public virtual void Settle(ISegmentPlace place, string file, bool kept)
    {
        if (!kept)
            place.Unlink(file);
    }

    /// <summary>Lets go of what was made for one draft.</summary>
    public virtual void Dispose()
    {
    }
}

/// <summary>A table, to be copied once.</summary>
internal sealed class TableSource(ArrowTable table, string commit) : DraftSource
{
    private readonly IpcPlan _plan = IpcPlan.Create(table, [KeyValuePair.Create(IpcFormat.CommitKey, commit)]);

    public override SchemaBox Schema => table.Schema;

    public override long Rows => table.Rows;

    public override long Length => _plan.Length;

    public override void Write(IIpcSink sink) => _plan.Write(sink);

    public override void Dispose()
    {
        _plan.Dispose();
        base.Dispose();
    }
}
