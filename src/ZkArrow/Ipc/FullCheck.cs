using System.Text.Unicode;
using ZkArrow.ArrowC;

namespace ZkArrow.Ipc;

/// <summary>Looks at every value of arrays whose buffers are known to be long enough for their first and last offsets.</summary>
internal static unsafe class FullCheck
{
    public static void Batch(ArrowArray* batch, SchemaNode root)
    {
        for (int i = 0; i < root.Children.Length; i++) Array(batch->Children[i], root.Children[i]);
    }

    public static void Array(ArrowArray* array, SchemaNode node)
    {
        ArrowType type = node.Type;
        if (type.HasValidity && array->Buffers[0] != null && array->NullCount >= 0)
        {
            long nulls = array->Length - ArrayLayout.CountBits((byte*)array->Buffers[0], array->Offset, array->Length);
            if (nulls != array->NullCount) throw ArrowFailure.Corrupt($"The array of {node.Label} had {nulls} nulls and said {array->NullCount}.");
        }
        switch (type.Layout)
        {
            case ArrowLayout.View:
                ViewCheck.Array(array, node);
                break;
            case ArrowLayout.ListView32 or ArrowLayout.ListView64:
                NestedCheck.ListViews(array, node);
                break;
            case ArrowLayout.SparseUnion or ArrowLayout.DenseUnion:
                NestedCheck.Union(array, node);
                break;
            case ArrowLayout.RunEnd:
                NestedCheck.Runs(array, node);
                break;
            case ArrowLayout.Binary32 or ArrowLayout.Binary64 when type.IsUtf8:
                Offsets(array, node);
                Text(array, node);
                break;
            default:
                if (type.HasOffsets) Offsets(array, node);
                break;
        }
        if (node.Dictionary is not null) Indices(array, node);
        for (int i = 0; i < node.Children.Length; i++) Array(array->Children[i], node.Children[i]);
    }

    /// <summary>Whether bytes are UTF-8.</summary>
    public static bool IsText(byte* text, long length)
    {
        const int Most = 1 << 30;
        while (length > Most)
        {
            // cut before a character, which is at most four bytes long
            int cut = Most;
            for (int back = 0; back < 3 && (text[cut] & 0xC0) == 0x80; back++) cut--;
            if (!Utf8.IsValid(new ReadOnlySpan<byte>(text, cut))) return false;
            text += cut;
            length -= cut;
        }
        return Utf8.IsValid(new ReadOnlySpan<byte>(text, (int)length));
    }

    /// <summary>Whether the value at a place, which counts the offset in, is null.</summary>
    public static bool IsNull(ArrowArray* array, long at) =>
        array->Buffers[0] != null && ((((byte*)array->Buffers[0])[at >> 3] >> (int)(at & 7)) & 1) == 0;

    private static void Offsets(ArrowArray* array, SchemaNode node)
    {
        if (array->Length == 0) return;
        bool ordered = true;
        if (node.Type.OffsetWidth == 4)
        {
            int* offsets = (int*)array->Buffers[1] + array->Offset;
            for (long i = 0; i < array->Length; i++) ordered &= offsets[i] <= offsets[i + 1];
        }
        else
        {
            long* offsets = (long*)array->Buffers[1] + array->Offset;
            for (long i = 0; i < array->Length; i++) ordered &= offsets[i] <= offsets[i + 1];
        }
        if (!ordered) throw ArrowFailure.Corrupt($"The offsets of {node.Label} went backwards.");
    }

    private static void Text(ArrowArray* array, SchemaNode node)
    {
        var data = (byte*)array->Buffers[2];
        for (long i = 0; i < array->Length; i++)
        {
            long at = array->Offset + i;
            if (IsNull(array, at)) continue;
            bool narrow = node.Type.OffsetWidth == 4;
            long from = narrow ? ((int*)array->Buffers[1])[at] : ((long*)array->Buffers[1])[at];
            long to = narrow ? ((int*)array->Buffers[1])[at + 1] : ((long*)array->Buffers[1])[at + 1];
            if (!IsText(data + from, to - from)) throw ArrowFailure.Corrupt($"The value {i} of {node.Label} was not UTF-8.");
        }
    }

    private static void Indices(ArrowArray* array, SchemaNode node)
    {
        long values = array->Dictionary->Length;
        for (long i = 0; i < array->Length; i++)
        {
            long at = array->Offset + i;
            if (IsNull(array, at)) continue;
            long index = DictionaryIndex.At(array->Buffers[1], at, node);
            if (index < 0 || index >= values)
                throw ArrowFailure.Corrupt($"The value {i} of {node.Label} was the dictionary's {index}, which has {values}.");
        }
    }
}
