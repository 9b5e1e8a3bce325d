using ZkArrow.ArrowC;

namespace ZkArrow.Ipc;

/// <summary>Looks at every view of an array whose buffer of views is known to be long enough.</summary>
internal static unsafe class ViewCheck
{
    public static void Array(ArrowArray* array, SchemaNode node)
    {
        long buffers = array->NBuffers - 3;
        var sizes = (long*)array->Buffers[array->NBuffers - 1];
        for (long i = 0; i < array->Length; i++)
        {
            long at = array->Offset + i;
            if (FullCheck.IsNull(array, at)) continue;
            BinaryView* view = (BinaryView*)array->Buffers[1] + at;
            if (view->Length < 0) throw ArrowFailure.Corrupt($"The value {i} of {node.Label} had the length {view->Length}.");
            byte* bytes = view->IsInline ? Inline(view, node, i) : Referred(array, view, buffers, sizes, node, i);
            if (node.Type.IsUtf8 && !FullCheck.IsText(bytes, view->Length)) throw ArrowFailure.Corrupt($"The value {i} of {node.Label} was not UTF-8.");
        }
    }

    private static byte* Inline(BinaryView* view, SchemaNode node, long i)
    {
        var bytes = (byte*)&view->Prefix;
        // peers compare whole views
        if (new ReadOnlySpan<byte>(bytes + view->Length, BinaryView.MaxInline - view->Length).ContainsAnyExcept((byte)0))
            throw ArrowFailure.Corrupt($"The value {i} of {node.Label} was not padded with zeros.");
        return bytes;
    }

    private static byte* Referred(ArrowArray* array, BinaryView* view, long buffers, long* sizes, SchemaNode node, long i)
    {
        if (view->Buffer < 0 || view->Buffer >= buffers)
            throw ArrowFailure.Corrupt($"The value {i} of {node.Label} was in the data buffer {view->Buffer} of {buffers}.");
        if (view->Offset < 0 || view->Length > sizes[view->Buffer] - view->Offset)
        {
            throw ArrowFailure.Corrupt(
                $"The value {i} of {node.Label} was at {view->Offset} with {view->Length} bytes in a data buffer of {sizes[view->Buffer]}.");
        }
        byte* bytes = (byte*)array->Buffers[2 + view->Buffer] + view->Offset;
        if (*(int*)bytes != view->Prefix) throw ArrowFailure.Corrupt($"The value {i} of {node.Label} began otherwise than its view said.");
        return bytes;
    }
}
