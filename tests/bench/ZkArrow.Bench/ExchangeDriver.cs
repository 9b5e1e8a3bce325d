using System.Text;
using Apache.Arrow;
using Apache.Arrow.C;
using Apache.Arrow.Ipc;
using ZkArrow.ArrowC;
using ZkArrow.Datasets;

namespace ZkArrow.Bench;

/// <summary>
/// G1's peer, Apache.Arrow's import followed by its export, and the managed cost of our own path. libzkarrow itself is
/// driven by a C program: a .NET process never loads it.
/// </summary>
internal sealed unsafe class ExchangeDriver : IDriver
{
    private const int Tables = 4;
    private readonly Dictionary<int, NativeTable[]> _tables = [];
    private readonly Dictionary<int, Schema> _schemas = [];
    private readonly byte[] _name = "bench"u8.ToArray();

    public Task<long[]> RunAsync(string what, string argument, int count)
    {
        int columns = int.Parse(argument);
        if (!_tables.TryGetValue(columns, out NativeTable[]? tables))
        {
            _tables[columns] = tables = [.. Enumerable.Range(0, Tables).Select(_ => new NativeTable(columns))];
            ArrowSchema schema;
            tables[0].Fill(&schema);
            _schemas[columns] = CArrowSchemaImporter.ImportSchema((CArrowSchema*)&schema);
        }

        long[] answer = what switch
        {
            "stream" => Time(count, i => PassStream(tables[i % Tables])),
            "batch" => Time(count, i => PassBatch(tables[i % Tables], _schemas[columns])),
            "managed" => Managed(tables, count),
            _ => throw new ArgumentException($"'{what}' was not stream, batch or managed"),
        };
        // whoever does not release has not done the work that is timed
        int kept = what == "managed" ? 1 : 0;
        if (tables.Sum(table => table.Live) is int live && live != kept)
            throw new InvalidOperationException($"{live} arrays were alive after '{what}' where {kept} should have been");
        return Task.FromResult(answer);
    }

    public ValueTask DisposeAsync()
    {
        foreach (NativeTable table in _tables.Values.SelectMany(tables => tables))
            table.Dispose();
        return default;
    }

    private static long[] Time(int count, Action<int> once)
    {
        long[] durations = new long[count];
        for (int i = 0; i < count; i++)
        {
            long start = Clock.Now;
            once(i);
            durations[i] = Clock.Since(start);
        }

        return durations;
    }

    /// <summary>What put and get do: a stream with its schema in, a stream with its schema out, everything released.</summary>
    private static void PassStream(NativeTable table)
    {
        ArrowArrayStream source = table.Stream(), target;
        using (IArrowArrayStream imported = CArrowArrayStreamImporter.ImportArrayStream((CArrowArrayStream*)&source))
        {
            RecordBatch batch = imported.ReadNextRecordBatchAsync().Result;
            CArrowArrayStreamExporter.ExportArrayStream(new OneBatch(imported.Schema, batch), (CArrowArrayStream*)&target);
        }

        ArrowSchema schema;
        ArrowArray array, end;
        target.GetSchema(&target, &schema);
        target.GetNext(&target, &array);
        target.GetNext(&target, &end);
        array.Release(&array);
        schema.Release(&schema);
        target.Release(&target);
    }

    /// <summary>Less than put and get do: the array alone, for a schema that both sides have already.</summary>
    private static void PassBatch(NativeTable table, Schema schema)
    {
        ArrowArray source, target;
        table.Fill(&source);
        using (RecordBatch batch = CArrowArrayImporter.ImportRecordBatch((CArrowArray*)&source, schema))
            CArrowArrayExporter.ExportRecordBatch(batch, (CArrowArray*)&target);
        target.Release(&target);
    }

    /// <summary>Managed bytes and collections of <paramref name="count"/> puts and gets as the exports make them.</summary>
    private long[] Managed(NativeTable[] tables, int count)
    {
        for (int i = 0; i < Tables; i++)
            PutAndGet(tables[i]);
        int collections = GC.CollectionCount(0);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < count; i++)
            PutAndGet(tables[i % Tables]);
        long bytes = GC.GetAllocatedBytesForCurrentThread() - before;
        return [bytes / count, GC.CollectionCount(0) - collections];
    }

    private void PutAndGet(NativeTable producer)
    {
        ArrowArrayStream source = producer.Stream(), target;
        // every export makes such a string of its argument
        Exchange.Put(Encoding.UTF8.GetString(_name), ArrowTable.Drain(&source));
        ArrowTable table = Exchange.Get(Encoding.UTF8.GetString(_name));
        table.Export(&target);
        table.Release();
        ArrowSchema schema;
        ArrowArray array;
        target.GetSchema(&target, &schema);
        target.GetNext(&target, &array);
        array.Release(&array);
        schema.Release(&schema);
        target.Release(&target);
    }
}
