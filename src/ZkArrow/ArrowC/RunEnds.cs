namespace ZkArrow.ArrowC;

/// <summary>Reads the run ends of a run-end-encoded array, whatever their width.</summary>
internal readonly unsafe struct RunEnds
{
    private readonly void* _ends;
    private readonly long _offset;
    private readonly int _width;

    public RunEnds(ArrowArray* array, SchemaNode node)
    {
        ArrowArray* child = array->Children[0];
        Count = child->Length;
        _ends = child->Buffers[1];
        _offset = child->Offset;
        _width = node.Children[0].Type.Width;
    }

    /// <summary>How many runs there are.</summary>
    public long Count { get; }

    /// <summary>The logical position behind a run, counted without the array's offset.</summary>
    public long this[long run] => _width switch
    {
        2 => ((short*)_ends)[_offset + run],
        4 => ((int*)_ends)[_offset + run],
        _ => ((long*)_ends)[_offset + run],
    };

    /// <summary>The run that holds a logical position; <see cref="Count"/> when none does.</summary>
    public long Find(long position)
    {
        long low = 0, high = Count;
        while (low < high)
        {
            long middle = low + ((high - low) / 2);
            if (this[middle] > position) high = middle;
            else low = middle + 1;
        }
        return low;
    }

    /// <summary>
    /// What is wrong with the runs of an array, as far as that costs nothing per run: they must be values without nulls,
    /// each with a value, and reach the array's end. Null when nothing is.
    /// </summary>
    public static string? Problem(ArrowArray* array, SchemaNode node)
    {
        ArrowArray* ends = array->Children[0];
        if (ends->NullCount > 0 || (ends->NullCount < 0 && ArrayLayout.CountNulls(ends, node.Children[0], ends->Offset, ends->Length) > 0))
            return "had run ends that are null";
        if (array->Children[1]->Length < ends->Length) return $"had {ends->Length} runs and {array->Children[1]->Length} values for them";
        if (array->Length == 0) return null;
        var runs = new RunEnds(array, node);
        long wanted = array->Offset + array->Length;
        if (runs.Count == 0 || runs[runs.Count - 1] < wanted)
            return $"had runs up to {(runs.Count == 0 ? 0 : runs[runs.Count - 1])} where {wanted} values are needed";
        return runs[0] <= 0 ? $"had a first run that ends at {runs[0]}" : null;
    }
}
