using ZkArrow.ArrowC;
using ZkArrow.Ipc;
using ZkArrow.Segments;

namespace ZkArrow.Datasets;

/// <summary>Where the bytes of a draft come from, and how they come to stand in the data directory.</summary>
internal abstract class DraftSource
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
    public virtual SegmentPin? Place(DataDirectory directory, string file) => directory.WritePinned(file, Length, Write);

    /// <summary>The draft is decided: its file is a version, or may be, or is nobody's.</summary>
    public virtual void Settle(DataDirectory directory, string file, bool kept)
    {
        if (!kept)
            directory.Unlink(file);
    }
}

/// <summary>A table, to be copied once.</summary>
internal sealed class TableSource(ArrowTable table, IpcPlan plan) : DraftSource
{
    public override SchemaBox Schema => table.Schema;

    public override long Rows => table.Rows;

    public override long Length => plan.Length;

    public override void Write(IIpcSink sink) => plan.Write(sink);
}
