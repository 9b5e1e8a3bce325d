using ZkArrow.ArrowC;

namespace ZkArrow.Ipc;

/// <summary>Values out of one array; the start counts the array's own offset in.</summary>
internal readonly record struct ArrayRange(nint Array, long Start, long Length);

/// <summary>Values out of several arrays of one type, in order.</summary>
internal sealed unsafe class ArrayRanges
{
    private readonly List<ArrayRange> _ranges = [];

    /// <summary>How many values they are together.</summary>
    public long Length { get; private set; }

    /// <summary>Adds values; what continues the last range makes it longer.</summary>
    public void Add(ArrowArray* array, long start, long length)
    {
        if (length == 0) return;
        Length += length;
        if (_ranges.Count > 0 && _ranges[^1] is var last && last.Array == (nint)array && last.Start + last.Length == start)
            _ranges[^1] = last with { Length = last.Length + length };
        else
            _ranges.Add(new((nint)array, start, length));
    }

    public List<ArrayRange>.Enumerator GetEnumerator() => _ranges.GetEnumerator();
}
