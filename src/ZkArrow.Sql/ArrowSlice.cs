using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ZkArrow.ArrowC;

namespace ZkArrow.Sql;

/// <summary>Some columns and rows of a batch as structs of their own, over the same buffers; and a batch of no rows.</summary>
internal static unsafe class ArrowSlice
{
    private static readonly byte* Zeros = (byte*)NativeMemory.AllocZeroed(64);

    /// <summary>The buffers must outlive whatever the target is given to, which releases it.</summary>
    public static void Make(ArrowArray* batch, SchemaNode root, ReadOnlySpan<int> columns, long start, long length, ArrowArray* target)
    {
        Begin(columns.Length, length, target);
        for (int i = 0; i < columns.Length; i++)
        {
            ArrowArray* child = target->Children[i];
            *child = *batch->Children[columns[i]];
            // a parent's offset counts for its children too, and not every consumer looks at it
            child->Offset += batch->Offset + start;
            child->Length = length;
            // DuckDB takes a count that is not known for none where the column is a dictionary
            child->NullCount = ArrayLayout.CountNulls(child, root.Children[columns[i]], child->Offset, length);
            child->Release = &ReleaseNothing;
        }
    }

    /// <summary>A batch of no rows; what it consists of is freed by its release.</summary>
    public static void MakeEmpty(SchemaNode root, ArrowArray* target)
    {
        Begin(root.Children.Length, 0, target);
        for (int i = 0; i < root.Children.Length; i++)
            MakeEmptyNode(root.Children[i], target->Children[i]);
    }

    private static void MakeEmptyNode(SchemaNode node, ArrowArray* target)
    {
        int children = node.Children.Length;
        int buffers = node.Type.Buffers;
        int blocks = children + (node.Dictionary == null ? 0 : 1);
        byte* memory = (byte*)NativeMemory.AllocZeroed((nuint)((blocks * sizeof(ArrowArray)) + ((children + buffers) * sizeof(void*)) + sizeof(void*)));
        ArrowArray* nodes = (ArrowArray*)memory;
        void** pointers = (void**)(nodes + blocks);
        *target = new ArrowArray
        {
            NBuffers = buffers,
            Buffers = pointers + children,
            NChildren = children,
            Children = (ArrowArray**)pointers,
            Release = &ReleaseEmptyNode,
            PrivateData = memory,
        };
        // validity may be missing, the others not
        for (int i = node.Type.HasValidity ? 1 : 0; i < buffers; i++)
            target->Buffers[i] = Zeros;
        for (int i = 0; i < children; i++)
        {
            target->Children[i] = nodes + i;
            MakeEmptyNode(node.Children[i], nodes + i);
        }

        if (node.Dictionary != null)
        {
            target->Dictionary = nodes + children;
            MakeEmptyNode(node.Dictionary, target->Dictionary);
        }
    }

    private static void Begin(int columns, long length, ArrowArray* target)
    {
        byte* memory = (byte*)NativeMemory.AllocZeroed((nuint)((columns * (sizeof(ArrowArray) + sizeof(void*))) + sizeof(void*)));
        ArrowArray* children = (ArrowArray*)memory;
        ArrowArray** pointers = (ArrowArray**)(children + columns);
        for (int i = 0; i < columns; i++)
            pointers[i] = children + i;
        *target = new ArrowArray
        {
            Length = length,
            NBuffers = 1,
            Buffers = (void**)(pointers + columns),
            NChildren = columns,
            Children = pointers,
            Release = &ReleaseAll,
            PrivateData = memory,
        };
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void ReleaseAll(ArrowArray* array)
    {
        if (array->Release == null)
            return;
        array->Release = null;
        for (long i = 0; i < array->NChildren; i++)
        {
            ArrowArray* child = array->Children[i];
            if (child->Release != null)
                child->Release(child);
        }

        NativeMemory.Free(array->PrivateData);
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void ReleaseNothing(ArrowArray* array) => array->Release = null;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void ReleaseEmptyNode(ArrowArray* array)
    {
        array->Release = null;
        for (long i = 0; i < array->NChildren; i++)
            array->Children[i]->Release(array->Children[i]);
        if (array->Dictionary != null)
            array->Dictionary->Release(array->Dictionary);
        NativeMemory.Free(array->PrivateData);
    }
}
