using System.Buffers;
using System.Runtime.InteropServices;
using ZkArrow.ArrowC;

namespace ZkArrow.Ipc;

/// <summary>
/// Bytes by which values of any one type can be compared: equal for equal values, whatever the buffers that hold them look
/// like. The arrays must have passed the full check.
/// </summary>
internal sealed unsafe class ValueKey
{
    private readonly ArrayBufferWriter<byte> _bytes = new();

    /// <summary>The bytes of a value, until the next call; the place counts the array's offset in.</summary>
    public ReadOnlySpan<byte> Of(ArrowArray* array, long at, SchemaNode node)
    {
        _bytes.ResetWrittenCount();
        Add(array, at, node);
        return _bytes.WrittenSpan;
    }

    private void Add(ArrowArray* array, long at, SchemaNode node)
    {
        ArrowType type = node.Type;
        if (type.HasValidity)
        {
            bool isNull = ArrayLayout.CountNulls(array, node, at, 1) > 0;
            Add(isNull ? 0 : 1);
            if (isNull) return;
        }
        if (node.Dictionary is not null)
        {
            Child(array->Dictionary, DictionaryIndex.At(array->Buffers[1], at, node), node.Dictionary);
            return;
        }
        switch (type.Layout)
        {
            case ArrowLayout.Bits:
                Add(ArrayLayout.CountBits((byte*)array->Buffers[1], at, 1));
                break;
            case ArrowLayout.Fixed:
                Add((byte*)array->Buffers[1] + (at * type.Width), type.Width);
                break;
            case ArrowLayout.Binary32 or ArrowLayout.Binary64:
                (long from, long to) = ArrayLayout.Range(array, node, at, 1, long.MaxValue);
                Add(to - from);
                Add((byte*)array->Buffers[2] + from, to - from);
                break;
            case ArrowLayout.View:
                BinaryView* view = (BinaryView*)array->Buffers[1] + at;
                Add((long)view->Length);
                Add(view->IsInline ? (byte*)&view->Prefix : (byte*)array->Buffers[2 + view->Buffer] + view->Offset, view->Length);
                break;
            case ArrowLayout.List32 or ArrowLayout.List64 or ArrowLayout.Map:
                (long first, long last) = ArrayLayout.Range(array, node, at, 1, array->Children[0]->Length);
                Values(array, node, first, last - first);
                break;
            case ArrowLayout.ListView32 or ArrowLayout.ListView64:
                (long start, long size) = ArrayLayout.ListView(array, node, at);
                Values(array, node, start, size);
                break;
            case ArrowLayout.FixedList:
                Values(array, node, at * type.Width, type.Width);
                break;
            case ArrowLayout.Struct:
                for (int i = 0; i < node.Children.Length; i++) Child(array->Children[i], at, node.Children[i]);
                break;
            case ArrowLayout.SparseUnion or ArrowLayout.DenseUnion:
                sbyte id = ((sbyte*)array->Buffers[0])[at];
                int child = Array.IndexOf(type.UnionIds, id);
                Add((long)id);
                Child(array->Children[child], type.Layout == ArrowLayout.DenseUnion ? ((int*)array->Buffers[1])[at] : at, node.Children[child]);
                break;
            case ArrowLayout.RunEnd:
                Child(array->Children[1], new RunEnds(array, node).Find(at), node.Children[1]);
                break;
        }
    }

    private void Values(ArrowArray* array, SchemaNode node, long first, long count)
    {
        Add(count);
        for (long i = first; i < first + count; i++) Child(array->Children[0], i, node.Children[0]);
    }

    private void Child(ArrowArray* child, long at, SchemaNode node) => Add(child, child->Offset + at, node);

    private void Add(long number) => _bytes.Write(MemoryMarshal.AsBytes(new ReadOnlySpan<long>(in number)));

    private void Add(byte* bytes, long length) => _bytes.Write(new ReadOnlySpan<byte>(bytes, checked((int)length)));
}
