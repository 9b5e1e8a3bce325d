using System.Buffers.Binary;
using System.Text;
using ZkArrow.ArrowC;

namespace ZkArrow.Ipc;

/// <summary>
/// An Arrow IPC file, laid out before a byte of it is written: its length is known, so that space can be reserved first.
/// The table must stay open, and the plan undisposed, until the file is written.
/// </summary>
internal sealed unsafe class IpcPlan : IDisposable
{
    private readonly List<Section> _sections = [];
    private readonly SchemaBox _schema;
    private readonly DictionaryPlan _dictionaries;
    private readonly byte[] _tail;

    private IpcPlan(ArrowTable table, IReadOnlyList<KeyValuePair<string, string>> footerMetadata)
    {
        _schema = table.Schema;
        Length = 8 + _schema.IpcMessage.Length;
        _dictionaries = new DictionaryPlan(table);
        try
        {
            // numbers grow inwards: from the last to the first, a dictionary stands before those whose values refer to it
            for (int i = _dictionaries.Count - 1; i >= 0; i--)
            {
                if (_dictionaries[i] != 0) AddDictionary(i, (ArrowArray*)_dictionaries[i], _schema.Dictionaries[i].Dictionary!);
            }
            int dictionaryCount = _sections.Count;
            foreach (ArrayBox batch in table.Batches) AddBatch(batch);
            _tail = Tail(_schema, Words(_sections.Take(dictionaryCount)), Words(_sections.Skip(dictionaryCount)), footerMetadata);
            Length = checked(Length + _tail.Length);
        }
        catch
        {
            _dictionaries.Dispose();
            throw;
        }
    }

    /// <summary>The bytes of the whole file.</summary>
    public long Length { get; private set; }

    /// <summary>Lays a table out.</summary>
    public static IpcPlan Create(ArrowTable table, IReadOnlyList<KeyValuePair<string, string>> footerMetadata)
    {
        try
        {
            return new IpcPlan(table, footerMetadata);
        }
        catch (OverflowException)
        {
            throw ArrowFailure.TooLarge("The table was too large for one Arrow file.");
        }
    }

    /// <summary>Writes the file; exactly <see cref="Length"/> bytes.</summary>
    public void Write(IIpcSink sink)
    {
        Write(sink, [.. IpcFormat.Magic, 0, 0]);
        Write(sink, _schema.IpcMessage);
        foreach (Section section in _sections)
        {
            Write(sink, section.Metadata);
            foreach (BufferPart part in section.Parts)
            {
                part.Write(sink);
                long padding = IpcFormat.Padded(part.Bytes) - part.Bytes;
                if (padding > 0) sink.Zeros(padding);
            }
        }
        Write(sink, _tail);
    }

    /// <summary>Lets go of what was made for the file; it can no longer be written.</summary>
    public void Dispose() => _dictionaries.Dispose();

    private static void Write(IIpcSink sink, byte[] bytes)
    {
        fixed (byte* start = bytes) sink.Write(start, bytes.Length);
    }

    private void AddDictionary(int number, ArrowArray* values, SchemaNode node)
    {
        var encoder = new BatchEncoder(_dictionaries);
        encoder.AddArray(values, node);
        var writer = new FlatWriter();
        int data = encoder.RecordBatch(writer, values->Length);
        writer.StartTable(3);
        writer.AddLong(0, number);
        writer.AddReference(1, data);
        AddSection(writer, IpcFormat.HeaderDictionary, writer.EndTable(), encoder);
    }

    private void AddBatch(ArrayBox batch)
    {
        var encoder = new BatchEncoder(_dictionaries);
        encoder.AddBatch(batch.View, _schema.Root);
        var writer = new FlatWriter();
        AddSection(writer, IpcFormat.HeaderBatch, encoder.RecordBatch(writer, batch.Length), encoder);
    }

    private void AddSection(FlatWriter writer, byte headerType, int header, BatchEncoder encoder)
    {
        long body = encoder.BodyLength;
        byte[] message = SchemaEncoder.Message(writer, headerType, header, body);
        byte[] metadata = SchemaEncoder.Encapsulate(message, Length);
        _sections.Add(new Section(Length, metadata, encoder.Parts, body));
        Length = checked(Length + metadata.Length + body);
    }

    /// <summary>The end-of-stream mark, the footer, its length and the closing magic.</summary>
    /// <param name="schema">The schema.</param>
    /// <param name="dictionaryBlocks">Of each dictionary, where its message is, and the lengths of its metadata and its body.</param>
    /// <param name="batchBlocks">The same of each batch.</param>
    /// <param name="footerMetadata">What else the footer says.</param>
    public static byte[] Tail(
        SchemaBox schema, ReadOnlySpan<long> dictionaryBlocks, ReadOnlySpan<long> batchBlocks, IReadOnlyList<KeyValuePair<string, string>> footerMetadata)
    {
        var writer = new FlatWriter();
        int schemaTable = SchemaEncoder.Schema(writer, schema);
        // a block is an offset, the length of the metadata in 32 bits with 32 bits of padding, the length of the body
        int dictionaries = writer.Structs(dictionaryBlocks, 3);
        int batches = writer.Structs(batchBlocks, 3);
        int metadata = SchemaEncoder.Metadata(
            writer, [.. footerMetadata.Select(pair => (Encoding.UTF8.GetBytes(pair.Key), Encoding.UTF8.GetBytes(pair.Value)))]);
        writer.StartTable(5);
        writer.AddReference(1, schemaTable);
        writer.AddReference(2, dictionaries);
        writer.AddReference(3, batches);
        writer.AddReference(4, metadata);
        writer.AddShort(0, IpcFormat.VersionV5);
        byte[] footer = writer.Finish(writer.EndTable());

        var bytes = new byte[8 + footer.Length + 4 + IpcFormat.Magic.Length];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, IpcFormat.Continuation);
        footer.CopyTo(bytes, 8);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(8 + footer.Length), footer.Length);
        IpcFormat.Magic.CopyTo(bytes.AsSpan(12 + footer.Length));
        return bytes;
    }

    private static long[] Words(IEnumerable<Section> sections) =>
        [.. sections.SelectMany(section => new[] { section.Position, section.Metadata.Length, section.BodyLength })];

    private sealed record Section(long Position, byte[] Metadata, List<BufferPart> Parts, long BodyLength);
}
