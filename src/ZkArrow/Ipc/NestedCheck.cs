using ZkArrow.ArrowC;

namespace ZkArrow.Ipc;

/// <summary>Looks at all that leads from the values of an array into its children, where that is not a list of offsets.</summary>
internal static unsafe class NestedCheck
{
    public static void ListViews(ArrowArray* array, SchemaNode node)
    {
        long limit = array->Children[0]->Length;
        for (long i = 0; i < array->Length; i++)
        {
            (long offset, long size) = ArrayLayout.ListView(array, node, array->Offset + i);
            if (offset < 0 || size < 0 || size > limit - offset)
                throw ArrowFailure.Corrupt($"The value {i} of {node.Label} was at {offset} with {size} values, of which there are {limit}.");
        }
    }

    public static void Union(ArrowArray* array, SchemaNode node)
    {
        int[] ids = node.Type.UnionIds;
        bool isDense = node.Type.Layout == ArrowLayout.DenseUnion;
        Span<int> childOfId = stackalloc int[128];
        Span<long> least = stackalloc long[128];
        childOfId.Fill(-1);
        least.Clear();
        for (int child = 0; child < ids.Length; child++) childOfId[ids[child]] = child;
        for (long i = 0; i < array->Length; i++)
        {
            sbyte id = ((sbyte*)array->Buffers[0])[array->Offset + i];
            int child = id < 0 ? -1 : childOfId[id];
            if (child < 0) throw ArrowFailure.Corrupt($"The value {i} of {node.Label} had the type id {id}, which its union has not.");
            if (!isDense) continue;
            int offset = ((int*)array->Buffers[1])[array->Offset + i];
            if (offset < least[child] || offset >= array->Children[child]->Length)
            {
                throw ArrowFailure.Corrupt(
                    $"The value {i} of {node.Label} was the child's {offset}, which was not one of {least[child]} to {array->Children[child]->Length}.");
            }
            // the format wants the offsets into each child in order
            least[child] = offset;
        }
    }

    public static void Runs(ArrowArray* array, SchemaNode node)
    {
        if (RunEnds.Problem(array, node) is string problem) throw ArrowFailure.Corrupt($"The array of {node.Label} {problem}.");
        var runs = new RunEnds(array, node);
        for (long run = 0; run < runs.Count; run++)
        {
            if (runs[run] <= (run == 0 ? 0 : runs[run - 1]))
                throw ArrowFailure.Corrupt($"The run {run} of {node.Label} ended at {runs[run]}, not behind the one before.");
        }
    }
}
