using ZkArrow.ArrowC;

namespace ZkArrow.Ipc;

/// <summary>The runs of a range of a run-end-encoded array, as an array of their own: cut at both ends, counted from zero.</summary>
internal sealed unsafe class RunSlice : ComputedPart
{
    private readonly RunEnds _runs;
    private readonly long _start;
    private readonly long _length;

    public RunSlice(ArrowArray* array, SchemaNode node, long start, long length)
    {
        _runs = new RunEnds(array, node);
        _start = start;
        _length = length;
        Width = node.Children[0].Type.Width;
        if (length == 0) return;
        First = _runs.Find(start);
        long last = _runs.Find(start + length - 1);
        if (last < First || last == _runs.Count)
            throw ArrowFailure.Invalid($"The run ends of {node.Label} did not reach its {start + length} values.");
        Count = last - First + 1;
    }

    /// <summary>The first run that the range touches.</summary>
    public long First { get; }

    /// <summary>How many runs it touches.</summary>
    public long Count { get; }

    protected override int Width { get; }

    protected override void Fill(byte* target, long at, int count)
    {
        for (int i = 0; i < count; i++)
        {
            long end = Math.Min(_runs[First + at + i] - _start, _length);
            if (Width == 2) ((short*)target)[i] = (short)end;
            else if (Width == 4) ((int*)target)[i] = (int)end;
            else ((long*)target)[i] = end;
        }
    }
}
