using Apache.Arrow;
using Apache.Arrow.C;
using Apache.Arrow.Ipc;
using ZkArrow.ArrowC;

namespace ZkArrow;

/// <summary>
/// A reader's hold on one version. Its bytes stay valid until it is disposed and every stream and batch got from it is
/// disposed, whatever happens to the dataset or its publisher.
/// </summary>
public sealed class ZkArrowTable : IDisposable
{
    private ArrowTable? _data;
    private Schema? _schema;

    internal ZkArrowTable(DatasetVersion version, ArrowTable data, string? copyReason)
    {
        Version = version;
        _data = data;
        CopyReason = copyReason;
    }

    /// <summary>Which version it is.</summary>
    public DatasetVersion Version { get; }

    /// <summary>Rows in all its batches.</summary>
    public long RowCount => Data.Rows;

    /// <summary>Bytes of its buffers.</summary>
    public long Bytes => Data.NBytes;

    /// <summary>Whether its buffers are the shared bytes themselves.</summary>
    public bool IsZeroCopy => CopyReason == null;

    /// <summary>Why the bytes had to be copied to this process; null when they were not.</summary>
    public string? CopyReason { get; }

    /// <summary>Its schema.</summary>
    public unsafe Schema Schema
    {
        get
        {
            if (_schema == null)
            {
                ArrowSchema exported;
                Data.Schema.Export(&exported);
                _schema = CArrowSchemaImporter.ImportSchema((CArrowSchema*)&exported);
            }

            return _schema;
        }
    }

    internal ArrowTable Data => _data ?? throw new ObjectDisposedException(nameof(ZkArrowTable), "the table is closed; read it again");

    /// <summary>
    /// Its batches over the shared bytes: nothing is copied. May be called any number of times; the caller disposes the
    /// stream and each batch.
    /// </summary>
    public unsafe IArrowArrayStream ToArrowStream()
    {
        ArrowArrayStream exported;
        Data.Export(&exported);
        return CArrowArrayStreamImporter.ImportArrayStream((CArrowArrayStream*)&exported);
    }

    /// <summary>Another hold on the same version.</summary>
    internal ZkArrowTable Share()
    {
        ArrowTable data = Data;
        data.ThrowIfDamaged();
        data.AddRef();
        return new ZkArrowTable(Version, data, CopyReason);
    }

    /// <summary>Lets go of the version. Doing it twice is fine.</summary>
    public void Dispose() => Interlocked.Exchange(ref _data, null)?.Release();
}
