using Apache.Arrow;
using Apache.Arrow.C;
using Apache.Arrow.Ipc;
using ZkArrow.ArrowC;

namespace ZkArrow;

/// <summary>Brings Apache.Arrow's batches into the core's form, over the same buffers.</summary>
internal static class BatchImport
{
    public static async ValueTask<ArrowTable> FromAsync(IArrowArrayStream stream, CancellationToken cancellationToken)
    {
        List<RecordBatch> batches = [];
        try
        {
            while (await stream.ReadNextRecordBatchAsync(cancellationToken).ConfigureAwait(false) is { } batch)
                batches.Add(batch);
            return From(stream.Schema, batches);
        }
        finally
        {
            // the exported buffers hold references of their own
            foreach (RecordBatch batch in batches)
                batch.Dispose();
        }
    }

    public static unsafe ArrowTable From(Schema schema, IReadOnlyList<RecordBatch> batches)
    {
        ArrowArrayStream exported;
        using CollectedStream collected = new(schema, batches);
        CArrowArrayStreamExporter.ExportArrayStream(collected, (CArrowArrayStream*)&exported);
        try
        {
            return ArrowTable.Drain(&exported);
        }
        finally
        {
            if (exported.Release != null)
                exported.Release(&exported);
        }
    }

    private sealed class CollectedStream(Schema schema, IReadOnlyList<RecordBatch> batches) : IArrowArrayStream
    {
        private int _next;

        public Schema Schema => schema;

        public ValueTask<RecordBatch> ReadNextRecordBatchAsync(CancellationToken cancellationToken = default) =>
            new(_next < batches.Count ? batches[_next++] : null!);

        public void Dispose()
        {
        }
    }
}
