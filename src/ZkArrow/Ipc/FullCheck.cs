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
        if (type.HasValidity && array->Buffers[0] != null)
        {
            long nulls = array->Length - ArrayLayout.CountBits((byte*)array->Buffers[0], array->Offset, array->Length);
            if (nulls != array->NullCount) throw ArrowFailure.Corrupt($"The array of {node.Label} had {nulls} nulls and said {array->NullCount}.");
        }
        if (type.HasOffsets) Offsets(array, node);
        if (type.IsUtf8) Text(array, node);
        if (node.Dictionary is not null) Indices(array, node);
        for (int i = 0; i < node.Children.Length; i++) Array(array->Children[i], node.Children[i]);
    }

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

    private static bool IsText(byte* text, long length)
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

    private static void Indices(ArrowArray* array, SchemaNode node)
    {
        long values = array->Dictionary->Length;
        for (long i = 0; i < array->Length; i++)
        {
            long at = array->Offset + i;
            if (IsNull(array, at)) continue;
            long index = Index(array->Buffers[1], at, node.Type.Format[0]);
            if (index < 0 || index >= values)
                throw ArrowFailure.Corrupt($"The value {i} of {node.Label} was the dictionary's {index}, which has {values}.");
        }
    }

    private static long Index(void* indices, long at, char format) => format switch
    {
        'c' => ((sbyte*)indices)[at],
        'C' => ((byte*)indices)[at],
        's' => ((short*)indices)[at],
        'S' => ((ushort*)indices)[at],
        'i' => ((int*)indices)[at],
        'I' => ((uint*)indices)[at],
        // an unsigned index beyond 63 bits turns negative, and is as wrong
        _ => ((long*)indices)[at],
    };

    private static bool IsNull(ArrowArray* array, long at) =>
        array->Buffers[0] != null && ((((byte*)array->Buffers[0])[at >> 3] >> (int)(at & 7)) & 1) == 0;
}
