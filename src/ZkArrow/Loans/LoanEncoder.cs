using System.Runtime.InteropServices;
using ZkArrow.ArrowC;
using ZkArrow.Ipc;

namespace ZkArrow.Loans;

/// <summary>
/// Describes a batch whose buffers lie in a loan's body, where they are. Nothing is copied, and nothing is looked at but the
/// last offset of each column and the bitmaps whose nulls the producer did not count.
/// </summary>
internal sealed unsafe class LoanEncoder(byte* body, long bodyLength, LoanRegions regions)
{
    private readonly List<long> _nodes = [];
    private readonly List<long> _buffers = [];
    private long _used;

    /// <summary>The record batch message of a batch, without its frame.</summary>
    public static byte[] Message(ArrowArray* batch, SchemaNode root, byte* body, long bodyLength, LoanRegions regions)
    {
        ArrayCheck.Batch(batch, root);
        RequireWhole(batch, root);
        LoanEncoder encoder = new(body, bodyLength, regions);
        for (int i = 0; i < root.Children.Length; i++)
            encoder.Add(batch->Children[i], root.Children[i], batch->Length);

        // readers refuse what would let a small file stand for a large table
        if (encoder._used > bodyLength)
            throw ArrowFailure.Invalid("The columns of the batch shared buffers; give each its own.");
        return Write(encoder._nodes, encoder._buffers, batch->Length, bodyLength);
    }

    /// <summary>How long every message of a schema is: its numbers take the same space whatever they are.</summary>
    public static byte[] Placeholder(SchemaNode root)
    {
        int buffers = 0;
        Count(root);
        return Write([.. new long[2 * (root.Nodes - 1)]], [.. new long[2 * (buffers - 1)]], 0, 0);

        void Count(SchemaNode node)
        {
            buffers += node.Type.Buffers;
            foreach (SchemaNode child in node.Children)
                Count(child);
        }
    }

    private static byte[] Write(List<long> nodes, List<long> buffers, long rows, long bodyLength)
    {
        FlatWriter writer = new();
        int bufferVector = writer.Structs(CollectionsMarshal.AsSpan(buffers), 2);
        int nodeVector = writer.Structs(CollectionsMarshal.AsSpan(nodes), 2);
        writer.StartTable(4);
        writer.AddLong(0, rows);
        writer.AddReference(1, nodeVector);
        writer.AddReference(2, bufferVector);
        return SchemaEncoder.Message(writer, IpcFormat.HeaderBatch, writer.EndTable(), bodyLength);
    }

    private void Add(ArrowArray* array, SchemaNode node, long length)
    {
        RequireWhole(array, node);
        ArrowType type = node.Type;
        long nulls = type.Layout == ArrowLayout.Null ? length
            : array->NullCount < 0 ? ArrayLayout.CountNulls(array, node, 0, length)
            : array->NullCount;
        if (nulls > length)
            throw ArrowFailure.Invalid($"The array of {node.Label} had {nulls} nulls in {length} rows; give the null count of the rows that are published.");
        _nodes.Add(length);
        _nodes.Add(nulls);
        if (type.Layout == ArrowLayout.Null)
            return;
        AddBuffer(array->Buffers[0], nulls == 0 ? 0 : ArrayLayout.BitmapBytes(length), node);
        switch (type.Layout)
        {
            case ArrowLayout.Bits:
                AddBuffer(array->Buffers[1], ArrayLayout.BitmapBytes(length), node);
                break;
            case ArrowLayout.Fixed:
                AddBuffer(array->Buffers[1], ArrayLayout.Product(length, type.Width, node), node);
                break;
            case ArrowLayout.Binary32 or ArrowLayout.Binary64:
                long bytes = AddOffsets(array, node, length);
                AddBuffer(array->Buffers[2], bytes, node);
                break;
            case ArrowLayout.List32 or ArrowLayout.List64:
                long values = AddOffsets(array, node, length);
                Add(array->Children[0], node.Children[0], values);
                break;
            case ArrowLayout.FixedList:
                Add(array->Children[0], node.Children[0], ArrayLayout.Product(length, type.Width, node));
                break;
            default:
                for (int i = 0; i < node.Children.Length; i++)
                    Add(array->Children[i], node.Children[i], length);
                break;
        }
    }

    /// <summary>Adds the offsets and returns the last of them.</summary>
    private long AddOffsets(ArrowArray* array, SchemaNode node, long length)
    {
        int width = node.Type.OffsetWidth;
        if (length == 0)
        {
            // the zeros at the start of the body are the one offset of an empty column
            _buffers.Add(0);
            _buffers.Add(width);
            return 0;
        }

        AddBuffer(array->Buffers[1], ArrayLayout.Product(length + 1, width, node), node);
        return ArrayLayout.RangeWithin(array, node, 0, length, long.MaxValue).Last; // what follows need not be written yet
    }

    private void AddBuffer(void* start, long bytes, SchemaNode node)
    {
        long position = bytes == 0 ? 0 : (byte*)start - body;
        _buffers.Add(position);
        _buffers.Add(bytes);
        if (bytes == 0)
            return;
        long room = start == null || position < LoanRegions.Zeros || position >= bodyLength ? 0 : regions.BytesFrom(position);
        if (room == 0)
            throw ArrowFailure.Invalid($"A buffer of {node.Label} was not in the loan; build it there, or publish the table in the usual way.");
        if (bytes > room)
            throw ArrowFailure.TooLarge($"The array of {node.Label} used {bytes} bytes of a buffer where the loan has {room} for it; open the loan with more (rows, var_bytes).");
        if ((position & 7) != 0)
            throw ArrowFailure.Invalid($"A buffer of {node.Label} was at an address that is not a multiple of 8; allocate it from the loan.");
        _used += bytes;
    }

    private static void RequireWhole(ArrowArray* array, SchemaNode node)
    {
        if (array->Offset != 0)
            throw ArrowFailure.Invalid($"The array of {node.Label} had the offset {array->Offset}; a loan publishes arrays from their first row on.");
    }
}
