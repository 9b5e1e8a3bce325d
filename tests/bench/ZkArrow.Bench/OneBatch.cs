using Apache.Arrow;
using Apache.Arrow.Ipc;

namespace ZkArrow.Bench;

/// <summary>A stream of one batch, which goes with it.</summary>
internal sealed class OneBatch(Schema schema, RecordBatch batch) : IArrowArrayStream
{
    private bool _given;

    public Schema Schema => schema;

    public ValueTask<RecordBatch> ReadNextRecordBatchAsync(CancellationToken cancellationToken = default)
    {
        bool end = _given;
        _given = true;
        return new ValueTask<RecordBatch>(end ? null! : batch);
    }

    public void Dispose() => batch.Dispose();
}
