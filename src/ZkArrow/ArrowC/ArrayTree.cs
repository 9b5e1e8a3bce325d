using System.Runtime.InteropServices;

namespace ZkArrow.ArrowC;

/// <summary>Copies of the structs of an array, without the buffers: one allocation however many columns there are.</summary>
internal static unsafe class ArrayTree
{
    private static readonly void* Zeros = NativeMemory.AllocZeroed(64);

    /// <summary>Structs below a root and entries of their lists of children.</summary>
    public static void Measure(ArrowArray* array, ref int structs, ref int pointers)
    {
        checked
        {
            structs += (int)array->NChildren;
            pointers += (int)array->NChildren;
        }
        for (long i = 0; i < array->NChildren; i++) Measure(array->Children[i], ref structs, ref pointers);
        if (array->Dictionary == null) return;
        structs++;
        Measure(array->Dictionary, ref structs, ref pointers);
    }

    /// <summary>
    /// A copy of a batch in the form every peer takes: no offset and no bitmap at the top level, columns exactly as long as the
    /// batch, and an offsets buffer even where there is no value.
    /// </summary>
    public static ArrowArray* Normalise(ArrowArray* source, SchemaNode root, int structs, int pointers)
    {
        // three buffers at most are replaced per struct; the root's own struct is the first of the block
        long size = ((long)(structs + 1) * (sizeof(ArrowArray) + (3 * sizeof(void*)))) + ((long)pointers * sizeof(void*));
        var target = (ArrowArray*)NativeMemory.AllocZeroed((nuint)size);
        var cursor = new TreeCursor((byte*)(target + 1), structs);
        Normalise(source, target, root, ref cursor);
        target->Buffers = cursor.Pointers(1);
        target->Buffers[0] = null;
        target->NullCount = 0;
        target->Offset = 0;
        for (long i = 0; i < target->NChildren; i++)
        {
            ArrowArray* child = target->Children[i];
            if (source->Offset == 0 && child->Length == source->Length) continue;
            child->Offset += source->Offset;
            child->Length = source->Length;
            // null counts of a part are not known; all or nothing stays so
            if (root.Children[i].Type.Layout == ArrowLayout.Null) child->NullCount = child->Length;
            else if (child->NullCount != 0) child->NullCount = -1;
            FillOffsets(child, root.Children[i], ref cursor);
        }
        return target;
    }

    private static void Normalise(ArrowArray* source, ArrowArray* target, SchemaNode node, ref TreeCursor cursor)
    {
        *target = *source;
        target->Release = null;
        target->PrivateData = null;
        if (!node.Type.HasValidity) target->NullCount = node.Type.Layout == ArrowLayout.Null ? target->Length : 0;
        target->Children = cursor.Children(source->NChildren);
        for (long i = 0; i < source->NChildren; i++) Normalise(source->Children[i], target->Children[i], node.Children[i], ref cursor);
        if (source->Dictionary != null)
        {
            target->Dictionary = cursor.Struct();
            Normalise(source->Dictionary, target->Dictionary, node.Dictionary!, ref cursor);
        }
        FillOffsets(target, node, ref cursor);
    }

    private static void FillOffsets(ArrowArray* array, SchemaNode node, ref TreeCursor cursor)
    {
        if (!node.Type.HasOffsets || array->Length != 0 || array->Buffers[1] != null) return;
        void** buffers = cursor.Pointers(node.Type.Buffers);
        for (int i = 0; i < node.Type.Buffers; i++) buffers[i] = array->Buffers[i];
        buffers[1] = Zeros;
        array->Buffers = buffers;
        array->Offset = 0;
    }
}

/// <summary>Hands out the parts of a block: first structs, then pointers.</summary>
internal unsafe ref struct TreeCursor(byte* start, int structs)
{
    private ArrowArray* _next = (ArrowArray*)start;
    private void** _pointer = (void**)(start + ((long)structs * sizeof(ArrowArray)));

    public ArrowArray* Struct() => _next++;

    public ArrowArray** Children(long count)
    {
        if (count == 0) return null;
        var list = (ArrowArray**)_pointer;
        for (long i = 0; i < count; i++) *_pointer++ = _next++;
        return list;
    }

    public void** Pointers(int count)
    {
        void** list = _pointer;
        _pointer += count;
        return list;
    }
}
