using Apache.Arrow;
using Apache.Arrow.C;
using Apache.Arrow.Ipc;
using Apache.Arrow.Types;
using ZkArrow.ArrowC;
using ZkArrow.Ipc;

namespace ZkArrow.Bench;

/// <summary>G5: the metadata of a record batch, ours and Apache.Arrow's.</summary>
/// <remarks>
/// The schema is known on every side, and the eight rows are there because a peer writes the body along with the metadata.
/// A <c>decode</c> of ours checks every buffer against the body and against what its column needs.
/// </remarks>
internal sealed unsafe class MetadataDriver : IDriver
{
    private const int Rows = 8;
    private const int BatchesOfStream = 256;
    private readonly Dictionary<int, Columns> _columns = [];

    public Task<long[]> RunAsync(string what, string argument, int count)
    {
        int width = int.Parse(argument, System.Globalization.CultureInfo.InvariantCulture);
        if (!_columns.TryGetValue(width, out Columns? columns))
            _columns[width] = columns = new Columns(width);
        Action once = what switch
        {
            "decode" => columns.Decode,
            "encode" => columns.Encode,
            "file" => columns.ReadFile,
            "apache-decode" => columns.ApacheDecode,
            "apache-encode" => columns.ApacheEncode,
            "apache-file" => columns.ApacheReadFile,
            _ => throw new ArgumentException($"'{what}' is not one of decode, encode, file, apache-decode, apache-encode, apache-file"),
        };
        long[] durations = new long[count];
        for (int i = 0; i < count; i++)
        {
            long start = Clock.Now;
            once();
            durations[i] = Clock.Since(start);
        }

        return Task.FromResult(durations);
    }

    public ValueTask DisposeAsync()
    {
        foreach (Columns columns in _columns.Values)
            columns.Dispose();
        return default;
    }

    /// <summary>The same batch in all the forms that are read and written.</summary>
    private sealed class Columns : IDisposable
    {
        private readonly RecordBatch _batch;
        private readonly ArrowTable _table;
        private readonly MemorySink _file;
        private readonly byte[] _fileBytes;
        private readonly byte[] _stream;
        private readonly ArrowStreamWriter _writer;
        private readonly MemoryStream _written = new();
        private ArrowStreamReader? _reader;
        private int _left;

        public Columns(int count)
        {
            Schema schema = new([.. Enumerable.Range(0, count).Select(i => new Field($"c{i}", Int64Type.Default, true))], null);
            Int64Array values = new Int64Array.Builder().AppendRange(Enumerable.Range(0, Rows).Select(i => (long)i)).Build();
            _batch = new RecordBatch(schema, Enumerable.Repeat((IArrowArray)values, count), Rows);
            ArrowArrayStream exported;
            CArrowArrayStreamExporter.ExportArrayStream(new OneBatch(schema, _batch.Clone()), (CArrowArrayStream*)&exported);
            _table = ArrowTable.Drain(&exported);
            using (IpcPlan plan = IpcPlan.Create(_table, []))
            {
                _file = new MemorySink(plan.Length);
                plan.Write(_file);
            }

            _fileBytes = new ReadOnlySpan<byte>(_file.Start, (int)_file.Length).ToArray();
            using MemoryStream stream = new();
            using (ArrowStreamWriter all = new(stream, schema, leaveOpen: true))
            {
                for (int i = 0; i < BatchesOfStream; i++)
                    all.WriteRecordBatch(_batch);
                all.WriteEnd();
            }

            _stream = stream.ToArray();
            _writer = new ArrowStreamWriter(_written, schema, leaveOpen: true);
            ApacheEncode(); // the schema goes along with the first
        }

        public void Decode()
        {
            using SharedOwner memory = new();
            memory.Expect((long)_table.Schema.Root.Nodes * (sizeof(ArrowArray) + (4 * sizeof(void*))));
            IpcFile file = new(_file.Start, _file.Length);
            IpcMessage message = file.Message(file.Footer(out _).Vector(3, 24), 0, IpcFormat.HeaderBatch);
            BatchDecoder decoder = new(message, message.Header, [], memory);
            if (decoder.Batch(_table.Schema.Root)->Length != Rows)
                throw new InvalidOperationException("the batch had another number of rows");
        }

        public void Encode()
        {
            ArrayBox batch = _table.Batches[0];
            BatchEncoder encoder = new();
            encoder.AddBatch(batch.View, _table.Schema.Root);
            FlatWriter writer = new();
            int header = encoder.RecordBatch(writer, batch.Length);
            SchemaEncoder.Encapsulate(SchemaEncoder.Message(writer, IpcFormat.HeaderBatch, header, encoder.BodyLength), 8);
        }

        public void ReadFile() => IpcReader.Read(_file.Start, _file.Length, Nothing.Instance, ValidationLevel.Default, out _).Release();

        public void ApacheDecode()
        {
            if (_left == 0)
            {
                // the schema, which costs one of them more
                _reader?.Dispose();
                _reader = new ArrowStreamReader(_stream);
                _left = BatchesOfStream;
            }

            _left--;
            using RecordBatch batch = _reader!.ReadNextRecordBatch();
            if (batch.Length != Rows)
                throw new InvalidOperationException("the batch had another number of rows");
        }

        public void ApacheEncode()
        {
            _written.Position = 0;
            _writer.WriteRecordBatch(_batch);
        }

        public void ApacheReadFile()
        {
            using ArrowFileReader reader = new(new MemoryStream(_fileBytes));
            using RecordBatch batch = reader.ReadRecordBatchAsync(0).AsTask().Result;
        }

        public void Dispose()
        {
            _reader?.Dispose();
            _writer.Dispose();
            _table.Release();
            _file.Dispose();
        }
    }

    private sealed class Nothing : IDisposable
    {
        public static readonly Nothing Instance = new();

        public void Dispose() { }
    }
}
