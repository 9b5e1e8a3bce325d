using Apache.Arrow;
using Apache.Arrow.Ipc;
using Apache.Arrow.Types;

namespace ZkArrow.FaultWorker;

/// <summary>
/// What is published: a token in every row, which no other publish has. It tells whose bytes were read, whatever the
/// records say, and whether they are torn.
/// </summary>
internal static class Content
{
    private static readonly Schema Layout = new([new Field("token", Int64Type.Default, nullable: false)], null);

    public static RecordBatch Of(long token, int rows) =>
        new(Layout, [new Int64Array.Builder().AppendRange(Enumerable.Repeat(token, rows)).Build()], rows);

    /// <summary>The token; -1 when rows differ.</summary>
    public static async Task<long> TokenAsync(ZkArrowTable table)
    {
        long? token = null;
        using IArrowArrayStream stream = table.ToArrowStream();
        while (await stream.ReadNextRecordBatchAsync() is { } batch)
        {
            using (batch)
            {
                foreach (long value in ((Int64Array)batch.Column(0)).Values)
                {
                    if ((token ??= value) != value)
                        return -1;
                }
            }
        }

        return token ?? -1;
    }
}
