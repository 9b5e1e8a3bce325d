using System.Runtime.InteropServices;
using ZkArrow.ArrowC;

namespace ZkArrow.Ipc;

/// <summary>Flattens a batch, or the values of a dictionary, into the nodes and buffers of a record batch message.</summary>
internal sealed unsafe class BatchEncoder(DictionaryPlan? dictionaries = null)
{
    private readonly List<long> _nodes = [];
    private readonly List<long> _dataBuffers = [];

    /// <summary>The buffers in the order of the body.</summary>
    public List<BufferPart> Parts { get; } = [];

    /// <summary>The bytes of the body, each buffer padded.</summary>
    public long BodyLength
    {
        get
        {
            long length = 0;
            foreach (BufferPart part in Parts)
            {
                if (part.Bytes > long.MaxValue - length - IpcFormat.Alignment) throw ArrowFailure.TooLarge("The batch was over 2^63 bytes.");
                length += IpcFormat.Padded(part.Bytes);
            }
            return length;
        }
    }

    /// <summary>Adds the columns of a batch.</summary>
    public void AddBatch(ArrowArray* batch, SchemaNode root)
    {
        for (long i = 0; i < batch->NChildren; i++) Add(batch->Children[i], root.Children[i], batch->Children[i]->Offset, batch->Length);
    }

    /// <summary>Adds a whole array.</summary>
    public void AddArray(ArrowArray* array, SchemaNode node) => Add(array, node, array->Offset, array->Length);

    /// <summary>The record batch table of what was added.</summary>
    public int RecordBatch(FlatWriter writer, long rows)
    {
        var positions = new long[2 * Parts.Count];
        long at = 0;
        for (int i = 0; i < Parts.Count; i++)
        {
            positions[2 * i] = at;
            positions[(2 * i) + 1] = Parts[i].Bytes;
            at += IpcFormat.Padded(Parts[i].Bytes);
        }
        int buffers = writer.Structs(positions, 2);
        int fieldNodes = writer.Structs(CollectionsMarshal.AsSpan(_nodes), 2);
        int dataBuffers = _dataBuffers.Count == 0 ? 0 : writer.Structs(CollectionsMarshal.AsSpan(_dataBuffers), 1);
        writer.StartTable(5);
        writer.AddLong(0, rows);
        writer.AddReference(1, fieldNodes);
        writer.AddReference(2, buffers);
        writer.AddReference(4, dataBuffers);
        return writer.EndTable();
    }

    /// <summary>Whether both hold the same bytes, once written.</summary>
    public bool SameContent(BatchEncoder other)
    {
        if (!_nodes.SequenceEqual(other._nodes) || !_dataBuffers.SequenceEqual(other._dataBuffers)) return false;
        for (int i = 0; i < Parts.Count; i++)
        {
            if (Parts[i].Bytes != other.Parts[i].Bytes) return false;
        }
        using MemorySink mine = WriteOut(), theirs = other.WriteOut();
        return Compare(mine.Start, theirs.Start, mine.Length);
    }

    private MemorySink WriteOut()
    {
        var sink = new MemorySink(BodyLength);
        try
        {
            foreach (BufferPart part in Parts) part.Write(sink);
            return sink;
        }
        catch
        {
            sink.Dispose();
            throw;
        }
    }

    private static bool Compare(byte* a, byte* b, long length)
    {
        for (long at = 0; at < length;)
        {
            int n = (int)Math.Min(length - at, 1 << 30);
            if (!new ReadOnlySpan<byte>(a + at, n).SequenceEqual(new ReadOnlySpan<byte>(b + at, n))) return false;
            at += n;
        }
        return true;
    }

    private void Add(ArrowArray* array, SchemaNode node, long start, long length)
    {
        ArrowType type = node.Type;
        long nulls = ArrayLayout.CountNulls(array, node, start, length);
        _nodes.Add(length);
        _nodes.Add(nulls);
        if (type.HasValidity) Parts.Add(nulls > 0 ? BufferPart.Bits(array->Buffers[0], start, length) : default);
        switch (type.Layout)
        {
            case ArrowLayout.Bits:
                Parts.Add(BufferPart.Bits(array->Buffers[1], start, length));
                break;
            case ArrowLayout.Fixed when dictionaries?.MapOf(array, node) is int[] map:
                Parts.Add(new MappedIndices(array, node, start, map).Part(length));
                break;
            case ArrowLayout.Fixed:
                long bytes = ArrayLayout.Product(length, type.Width, node);
                Parts.Add(bytes == 0 ? default : BufferPart.Copy((byte*)array->Buffers[1] + (start * type.Width), bytes));
                break;
            case ArrowLayout.Binary32 or ArrowLayout.Binary64:
                (long first, long last) = AddOffsets(array, node, start, length, long.MaxValue);
                if (last > first && array->Buffers[2] == null)
                    throw ArrowFailure.Invalid($"The array of {node.Label} had {last - first} bytes of values and a NULL buffer for them.");
                Parts.Add(BufferPart.Copy((byte*)array->Buffers[2] + first, last - first));
                break;
            case ArrowLayout.List32 or ArrowLayout.List64 or ArrowLayout.Map:
                (long from, long to) = AddOffsets(array, node, start, length, array->Children[0]->Length);
                AddChild(array, node, 0, from, to - from);
                break;
            case ArrowLayout.FixedList:
                AddChild(array, node, 0, ArrayLayout.Product(start, type.Width, node), ArrayLayout.Product(length, type.Width, node));
                break;
            case ArrowLayout.Struct:
                for (int i = 0; i < node.Children.Length; i++) AddChild(array, node, i, start, length);
                break;
            case ArrowLayout.SparseUnion:
                Parts.Add(BufferPart.Copy((byte*)array->Buffers[0] + start, length));
                for (int i = 0; i < node.Children.Length; i++) AddChild(array, node, i, start, length);
                break;
            case ArrowLayout.View:
                AddViews(array, node, start, length);
                break;
            case ArrowLayout.ListView32 or ArrowLayout.ListView64:
                AddListViews(array, node, start, length);
                break;
            case ArrowLayout.DenseUnion:
                AddDenseUnion(array, node, start, length);
                break;
            case ArrowLayout.RunEnd:
                AddRuns(array, node, start, length);
                break;
        }
    }

    private void AddViews(ArrowArray* array, SchemaNode node, long start, long length)
    {
        var slice = new ViewSlice(array, node, start, length);
        _dataBuffers.Add(slice.Buffers);
        Parts.Add(slice.Views(length));
        for (int i = 0; i < slice.Buffers; i++) Parts.Add(slice.Data(i));
    }

    private void AddListViews(ArrowArray* array, SchemaNode node, long start, long length)
    {
        int width = node.Type.OffsetWidth;
        (long first, long last) = ArrayLayout.ListViewRange(array, node, start, length);
        Parts.Add(BufferPart.Offsets((byte*)array->Buffers[1] + (start * width), width, first, length));
        Parts.Add(BufferPart.Copy((byte*)array->Buffers[2] + (start * width), length * width));
        AddChild(array, node, 0, first, last - first);
    }

    private void AddDenseUnion(ArrowArray* array, SchemaNode node, long start, long length)
    {
        var slice = new DenseSlice(array, node, start, length);
        Parts.Add(BufferPart.Copy((byte*)array->Buffers[0] + start, length));
        Parts.Add(slice.Offsets(length));
        for (int i = 0; i < node.Children.Length; i++) AddChild(array, node, i, slice.Start(i), slice.Length(i));
    }

    private void AddRuns(ArrowArray* array, SchemaNode node, long start, long length)
    {
        var runs = new RunSlice(array, node, start, length);
        _nodes.Add(runs.Count);
        _nodes.Add(0);
        Parts.Add(default);
        Parts.Add(runs.Part(runs.Count));
        AddChild(array, node, 1, runs.First, runs.Count);
    }

    private void AddChild(ArrowArray* array, SchemaNode node, int i, long start, long length) =>
        Add(array->Children[i], node.Children[i], array->Children[i]->Offset + start, length);

    private (long First, long Last) AddOffsets(ArrowArray* array, SchemaNode node, long start, long length, long limit)
    {
        int width = node.Type.OffsetWidth;
        (long first, long last) = ArrayLayout.Range(array, node, start, length, limit);
        // even without a value there is one offset, which older readers insist on
        Parts.Add(length == 0
            ? BufferPart.Zeros(width)
            : BufferPart.Offsets((byte*)array->Buffers[1] + (start * width), width, first, length + 1));
        return (first, last);
    }
}
