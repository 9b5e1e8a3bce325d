using ZkArrow.Ipc;

namespace ZkArrow.Loans;

/// <summary>
/// Which parts of a loan's body were handed out. A buffer to be published must lie inside one of them: so it is in the file, and
/// no longer than its budget. Positions are counted from the start of the body. Any thread.
/// </summary>
internal sealed class LoanRegions
{
    private readonly Lock _changing = new();
    private readonly List<long> _starts = [];
    private readonly List<long> _lengths = [];
    private readonly long _capacity;
    private long _end;

    /// <summary>The first bytes stay zero and are nobody's: an empty column's only offset.</summary>
    public const int Zeros = IpcFormat.Alignment;

    public LoanRegions(long capacity)
    {
        _capacity = capacity;
        _end = Zeros;
    }

    /// <summary>Takes the next bytes; they begin at a multiple of 64.</summary>
    public long Take(long bytes)
    {
        lock (_changing)
        {
            if (bytes > _capacity - _end)
                throw new ZkArrowException(
                    ZkArrowStatus.TooLarge,
                    $"{bytes} bytes were asked of a loan that had {_capacity - _end} left; open it with more bytes to allocate");
            long start = _end;
            if (bytes == 0)
                return start;
            _end = start + IpcFormat.Padded(bytes);
            _starts.Add(start);
            _lengths.Add(bytes);
            return start;
        }
    }

    /// <summary>The bytes from a position to the end of the region it lies in; 0 when it lies in none.</summary>
    public long BytesFrom(long position)
    {
        lock (_changing)
        {
            int found = _starts.BinarySearch(position);
            int region = found >= 0 ? found : ~found - 1;
            return region < 0 ? 0 : Math.Max(0, _starts[region] + _lengths[region] - position);
        }
    }
}
