using ZkArrow.ArrowC;

namespace ZkArrow.Ipc;

/// <summary>
/// The dictionaries of a table as its file has them. A file has one of each, so those that differ from batch to batch are
/// united: the first stays as it is, what is new in later ones follows, and the indices of their batches are written anew.
/// </summary>
internal sealed unsafe class DictionaryPlan : IDisposable
{
    private readonly SharedOwner _memory = new();
    private readonly nint[] _values;
    private List<nint>?[]? _others;
    private Dictionary<nint, int[]>? _maps;

    public DictionaryPlan(ArrowTable table)
    {
        _values = new nint[table.Schema.Dictionaries.Count];
        if (_values.Length == 0) return;
        foreach (ArrayBox batch in table.Batches) Visit(batch.View, table.Schema.Root);
        if (_others is null) return;
        try
        {
            // numbers grow inwards: what dictionaries refer to is united before they are compared
            for (int i = _values.Length - 1; i >= 0; i--)
            {
                if (_others[i] is List<nint> others) Unite(table.Schema.Dictionaries[i], others);
            }
        }
        catch
        {
            _memory.Dispose();
            throw;
        }
    }

    /// <summary>How many dictionaries the schema has.</summary>
    public int Count => _values.Length;

    /// <summary>The values of a dictionary by its number; zero where no batch has it.</summary>
    public nint this[int number] => _values[number];

    /// <summary>The new place of each value of an array's dictionary, or null when they stay where they are.</summary>
    public int[]? MapOf(ArrowArray* array, SchemaNode node) =>
        node.Dictionary is null || _maps is null ? null : _maps.GetValueOrDefault((nint)array->Dictionary);

    public void Dispose() => _memory.Dispose();

    private void Visit(ArrowArray* array, SchemaNode node)
    {
        if (node.Dictionary is not null)
        {
            ref nint first = ref _values[node.DictionaryIndex];
            if (first == 0) first = (nint)array->Dictionary;
            else if (!SameMemory((ArrowArray*)first, array->Dictionary))
                ((_others ??= new List<nint>?[_values.Length])[node.DictionaryIndex] ??= []).Add((nint)array->Dictionary);
            Visit(array->Dictionary, node.Dictionary);
        }
        for (int i = 0; i < node.Children.Length; i++) Visit(array->Children[i], node.Children[i]);
    }

    private void Unite(SchemaNode node, List<nint> others)
    {
        var first = (ArrowArray*)_values[node.DictionaryIndex];
        ValueSet? set = null;
        ArrowArray* before = first;
        int[]? map = null;
        foreach (nint other in others)
        {
            var array = (ArrowArray*)other;
            // batches that follow each other mostly share their dictionary
            if (!SameMemory(before, array)) map = SameContent(first, array, node.Dictionary!) ? null : Add(ref set, first, array, node);
            before = array;
            if (map is null) continue;
            if ((node.Flags & ArrowSchema.FlagDictionaryOrdered) != 0)
                throw ArrowFailure.Unsupported($"The batches had different dictionaries in {node.Label}, whose order counts: unify them before publishing.");
            (_maps ??= [])[other] = map;
        }
        if (set is null) return;
        long count = set.Values.Length;
        if (count - 1 > DictionaryIndex.Highest(node))
        {
            throw ArrowFailure.Unsupported(
                $"The dictionaries of {node.Label} had {count} different values in all batches, more than indices of type {node.Type.Name} can count.");
        }
        _values[node.DictionaryIndex] = (nint)new ArrayConcat(_memory, this).Concat(set.Values, node.Dictionary!);
    }

    private static int[]? Add(ref ValueSet? set, ArrowArray* first, ArrowArray* array, SchemaNode node)
    {
        set ??= new ValueSet(Checked(first, node), node.Dictionary!);
        return set.Add(Checked(array, node));
    }

    private static ArrowArray* Checked(ArrowArray* array, SchemaNode node)
    {
        try
        {
            FullCheck.Array(array, node.Dictionary!);
            return array;
        }
        catch (ZkArrowException e) when (e.Status == ZkArrowStatus.Corrupt)
        {
            throw ArrowFailure.Invalid(e.Message);
        }
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

    private bool SameContent(ArrowArray* a, ArrowArray* b, SchemaNode node)
    {
        var one = new BatchEncoder(this);
        var other = new BatchEncoder(this);
        one.AddArray(a, node);
        other.AddArray(b, node);
        return one.SameContent(other);
    }
}
