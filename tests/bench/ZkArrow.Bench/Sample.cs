using Apache.Arrow;
using Apache.Arrow.Ipc;
using Apache.Arrow.Types;

namespace ZkArrow.Bench;

/// <summary>The small table that most goals publish.</summary>
internal static class Sample
{
    public static RecordBatch Batch(int rows) => new(
        new Schema([new Field("x", Int64Type.Default, nullable: false)], null),
        [new Int64Array.Builder().AppendRange(Enumerable.Range(0, rows).Select(i => (long)i)).Build()],
        rows);

    /// <summary>Reads a version, and lets go of it once its first batch is there.</summary>
    public static async Task TakeAsync(ZkArrowClient client, string name, long version = 0)
    {
        using ZkArrowTable table = await client.ReadAsync(name, new ReadOptions { Version = version });
        using IArrowArrayStream stream = table.ToArrowStream();
        using RecordBatch? batch = await stream.ReadNextRecordBatchAsync();
        ArgumentNullException.ThrowIfNull(batch);
    }
}
