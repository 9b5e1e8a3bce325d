using Apache.Arrow;
using Apache.Arrow.Ipc;
using Apache.Arrow.Types;

namespace ZkArrow.ContractDriver;

/// <summary>A stream made to order: MAKE of the contract.</summary>
internal sealed class Maker(string kind, int rows, long seed, int batches) : IArrowArrayStream
{
    private int _given;

    public Schema Schema { get; } = SchemaOf(kind);

    public ValueTask<RecordBatch?> ReadNextRecordBatchAsync(CancellationToken cancellationToken = default)
    {
        if (kind == "half" && _given == 1)
            throw new IOException("disk on fire");
        return ValueTask.FromResult(_given == batches ? null : Batch(_given++ * rows));
    }

    public void Dispose()
    {
    }

    private static Schema SchemaOf(string kind)
    {
        Schema.Builder schema = new();
        return kind switch
        {
            "mixed" => schema
                .Field(new Field("id", Int64Type.Default, true))
                .Field(new Field("px", DoubleType.Default, true))
                .Field(new Field("sym", StringType.Default, true))
                .Field(new Field("up", BooleanType.Default, true))
                .Build(),
            "mismatched" => schema
                .Field(new Field("x", Int64Type.Default, true))
                .Field(new Field("y", Int64Type.Default, true))
                .Build(),
            _ => schema.Field(new Field("x", Int64Type.Default, true)).Build(),
        };
    }

    private RecordBatch? Batch(int first)
    {
        Int64Array.Builder ids = new();
        DoubleArray.Builder prices = new();
        StringArray.Builder symbols = new();
        BooleanArray.Builder ups = new();
        for (int i = first; i < first + rows; i++)
        {
            long id = seed + i;
            ids.Append(id);
            _ = i % 7 == 3 ? prices.AppendNull() : prices.Append(id * 0.5);
            _ = i % 5 == 4 ? symbols.AppendNull() : symbols.Append($"s{id % 10}");
            ups.Append(id % 3 == 0);
        }

        IArrowArray[] columns = kind == "mixed" ? [ids.Build(), prices.Build(), symbols.Build(), ups.Build()] : [ids.Build()];
        return new RecordBatch(kind == "mismatched" ? SchemaOf("int64") : Schema, columns, rows);
    }
}

/// <summary>A stream of one batch that was disposed already.</summary>
internal sealed class DisposedBatchStream : IArrowArrayStream
{
    private bool _given;

    public Schema Schema { get; } = new Maker("int64", 0, 0, 0).Schema;

    public async ValueTask<RecordBatch?> ReadNextRecordBatchAsync(CancellationToken cancellationToken = default)
    {
        if (_given)
            return null;
        _given = true;
        RecordBatch batch = (await new Maker("int64", 3, 0, 1).ReadNextRecordBatchAsync(cancellationToken))!;
        batch.Dispose();
        return batch;
    }

    public void Dispose()
    {
    }
}
