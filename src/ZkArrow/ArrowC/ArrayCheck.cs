namespace ZkArrow.ArrowC;

/// <summary>
/// Checks an ArrowArray of any producer against its schema, as far as that costs nothing per row: counts, lengths and
/// pointers. What the buffers hold is looked at when they are sized, stored or fully validated.
/// </summary>
internal static unsafe class ArrayCheck
{
    /// <summary>More rows than any memory holds, and few enough that bit and byte arithmetic cannot overflow.</summary>
    public const long MaxLength = 1L << 56;

    /// <summary>Throws unless the batch fits; returns whether an export must be normalised first.</summary>
    public static bool Batch(ArrowArray* array, SchemaNode root)
    {
        if (array == null) throw ArrowFailure.Invalid("The ArrowArray was NULL.");
        if (array->Release == null) throw ArrowFailure.Invalid("The ArrowArray was already released.");
        bool normalise = Node(array, root);
        if (array->NullCount != 0 && ArrayLayout.CountNulls(array, root, array->Offset, array->Length) > 0)
            throw ArrowFailure.Invalid("The batch had null rows at its top level; a table's rows cannot be null.");
        normalise |= array->Offset != 0 || array->NullCount != 0 || array->Buffers[0] != null;
        for (long i = 0; i < array->NChildren && !normalise; i++) normalise = array->Children[i]->Length != array->Length;
        return normalise;
    }

    private static bool Node(ArrowArray* array, SchemaNode node)
    {
        if (array->Length is < 0 or > MaxLength || array->Offset is < 0 or > MaxLength || array->NullCount < -1 || array->NullCount > array->Length)
        {
            throw ArrowFailure.Invalid(
                $"The array of {node.Label} had an impossible length {array->Length}, offset {array->Offset} or null count {array->NullCount}.");
        }
        ArrowType type = node.Type;
        // a view has as many as it likes; as its last one is looked up, a count that no list can have is refused
        bool goodCount = type.Layout == ArrowLayout.View
            ? array->NBuffers >= type.Buffers && array->NBuffers <= int.MaxValue
            : array->NBuffers == type.Buffers;
        if (!goodCount)
            throw ArrowFailure.Mismatch($"The array of {node.Label} had {array->NBuffers} buffers; {type.Name} has {type.Buffers}.");
        if (array->NChildren != node.Children.Length)
            throw ArrowFailure.Mismatch($"The array of {node.Label} had {array->NChildren} children; its schema has {node.Children.Length}.");
        if (array->Dictionary == null != node.Dictionary is null)
            throw ArrowFailure.Mismatch($"The array of {node.Label} {(node.Dictionary is null ? "had a dictionary that its schema has not" : "had no dictionary")}.");
        bool normalise = type.Buffers > 0 && Buffers(array, node);
        // a type without a validity bitmap has no nulls of its own, and peers insist on the number
        if (!type.HasValidity) normalise |= array->NullCount != (type.Layout == ArrowLayout.Null ? array->Length : 0);
        if (array->NChildren > 0) normalise |= Children(array, node);
        if (type.Layout == ArrowLayout.RunEnd && RunEnds.Problem(array, node) is string problem)
            throw ArrowFailure.Invalid($"The array of {node.Label} {problem}.");
        if (array->Dictionary != null)
        {
            if (array->Dictionary->Release == null) throw ArrowFailure.Invalid($"The dictionary of {node.Label} was already released.");
            normalise |= Node(array->Dictionary, node.Dictionary!);
        }
        return normalise;
    }

    private static bool Buffers(ArrowArray* array, SchemaNode node)
    {
        if (array->Buffers == null) throw ArrowFailure.Invalid($"The array of {node.Label} had no list of buffers.");
        ArrowType type = node.Type;
        if (type.HasValidity && array->NullCount > 0 && array->Buffers[0] == null)
            throw ArrowFailure.Invalid($"The array of {node.Label} had {array->NullCount} nulls and no validity bitmap.");
        if (type.Layout == ArrowLayout.View && array->NBuffers > 3) CheckDataBuffers(array, node);
        if (array->Length == 0) return type.HasOffsets && array->Buffers[1] == null;
        bool missing = type.Layout switch
        {
            ArrowLayout.Bits or ArrowLayout.View => array->Buffers[1] == null,
            ArrowLayout.Fixed => array->Buffers[1] == null && type.Width > 0,
            _ when type.HasOffsets => array->Buffers[1] == null,
            ArrowLayout.ListView32 or ArrowLayout.ListView64 => array->Buffers[1] == null || array->Buffers[2] == null,
            ArrowLayout.SparseUnion => array->Buffers[0] == null,
            ArrowLayout.DenseUnion => array->Buffers[0] == null || array->Buffers[1] == null,
            _ => false,
        };
        if (missing) throw ArrowFailure.Invalid($"The array of {node.Label} had {array->Length} values and a NULL buffer for them.");
        return false;
    }

    /// <summary>The data buffers of views, of which the last buffer of the struct says how long each is.</summary>
    private static void CheckDataBuffers(ArrowArray* array, SchemaNode node)
    {
        var sizes = (long*)array->Buffers[array->NBuffers - 1];
        if (sizes == null) throw ArrowFailure.Invalid($"The array of {node.Label} had data buffers and no list of their sizes.");
        for (long i = 0; i < array->NBuffers - 3; i++)
        {
            if (sizes[i] < 0 || (sizes[i] > 0 && array->Buffers[2 + i] == null))
                throw ArrowFailure.Invalid($"The data buffer {i} of {node.Label} was NULL or had the size {sizes[i]}.");
        }
    }

    private static bool Children(ArrowArray* array, SchemaNode node)
    {
        if (array->Children == null) throw ArrowFailure.Invalid($"The array of {node.Label} had no list of children.");
        long end = array->Offset + array->Length;
        long wanted = node.Type.Layout switch
        {
            ArrowLayout.Struct or ArrowLayout.SparseUnion => end,
            ArrowLayout.FixedList => ArrayLayout.Product(end, node.Type.Width, node),
            _ => 0,
        };
        bool normalise = false;
        for (long i = 0; i < array->NChildren; i++)
        {
            ArrowArray* child = array->Children[i];
            if (child == null || child->Release == null)
                throw ArrowFailure.Invalid($"The array of {node.Children[i].Label} was NULL or already released.");
            normalise |= Node(child, node.Children[i]);
            if (child->Length < wanted)
            {
                throw ArrowFailure.Invalid(
                    $"The array of {node.Children[i].Label} had {child->Length} values where its parent needs {wanted}.");
            }
        }
        return normalise;
    }
}
