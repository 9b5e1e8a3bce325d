using ZkArrow.ArrowC;

namespace ZkArrow.Ipc;

/// <summary>Finds the dictionaries of a table's batches; a file has one of each, so all batches must share it.</summary>
internal static unsafe class DictionaryPlan
{
    /// <summary>The values of each dictionary by its number; zero where no batch has it.</summary>
    public static nint[] Collect(ArrowTable table)
    {
        var found = new nint[table.Schema.Dictionaries.Count];
        if (found.Length == 0) return found;
        foreach (ArrayBox batch in table.Batches) Visit(batch.View, table.Schema.Root, found);
        return found;
    }

    private static void Visit(ArrowArray* array, SchemaNode node, nint[] found)
    {
        if (node.Dictionary is not null)
        {
            var first = (ArrowArray*)found[node.DictionaryIndex];
            if (first == null) found[node.DictionaryIndex] = (nint)array->Dictionary;
            else if (!SameMemory(first, array->Dictionary) && !SameContent(first, array->Dictionary, node.Dictionary))
                throw ArrowFailure.Unsupported($"The batches had different dictionaries in {node.Label}; unify them before publishing.");
            Visit(array->Dictionary, node.Dictionary, found);
        }
        for (int i = 0; i < node.Children.Length; i++) Visit(array->Children[i], node.Children[i], found);
    }

    private static bool SameMemory(ArrowArray* a, ArrowArray* b)
    {
        if (a == b) return true;
        if (a->Length != b->Length || a->Offset != b->Offset || a->NBuffers != b->NBuffers) return false;
        for (long i = 0; i < a->NBuffers; i++)
        {
            if (a->Buffers[i] != b->Buffers[i]) return false;
        }
        for (long i = 0; i < a->NChildren; i++)
        {
            if (!SameMemory(a->Children[i], b->Children[i])) return false;
        }
        return a->Dictionary == null || SameMemory(a->Dictionary, b->Dictionary);
    }

    private static bool SameContent(ArrowArray* a, ArrowArray* b, SchemaNode node)
    {
        var one = new BatchEncoder();
        var other = new BatchEncoder();
        one.AddArray(a, node);
        other.AddArray(b, node);
        return one.SameContent(other);
    }
}
