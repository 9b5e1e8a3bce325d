using ZkArrow.Segments;

namespace ZkArrow.Loans;

/// <summary>
/// The file of a loan, mapped for writing. The batch laid over it owns it, so that it stays mapped until the loan and
/// every array got from it is released.
/// </summary>
/// <remarks>
/// Before a version can be read, <see cref="Seal"/> puts a private mapping of the same file in place of the shared one: what a
/// thread of this process writes late stays its own, and no signal tells it off. Unmapping the pages that were touched would
/// cost in proportion to them; instead the page tables move as they are, 2 MiB at a time, to an address that nobody knows.
/// Measured for 1 GiB: 0.2 ms, against 36 ms.
/// </remarks>
internal sealed unsafe class LoanMemory : IDisposable
{
    /// <summary>Page tables move whole only between addresses that are equal in this.</summary>
    private const long Span = 2L << 20;

    private const int Rights = Libc.PROT_READ | Libc.PROT_WRITE;

    private readonly long _room;
    private byte* _reserved;

    private LoanMemory(SegmentPin file, long length)
    {
        File = file;
        Length = length;
        _room = (length + Span - 1) / Span * Span;
    }

    ~LoanMemory() => Unmap();

    /// <summary>The open file, locked against sweepers.</summary>
    public SegmentPin File { get; }

    /// <summary>The first byte of the file; null once nobody holds it any more.</summary>
    public byte* Start { get; private set; }

    /// <summary>Bytes of the file.</summary>
    public long Length { get; }

    private long Reserved => (2 * _room) + Span;

    private byte* Hidden => Start + _room;

    /// <summary>Makes and maps a file of zeros.</summary>
    public static LoanMemory Create(DataDirectory directory, long length)
    {
        LoanMemory memory = new(directory.CreateLoan(length), length);
        try
        {
            memory.Map();
            return memory;
        }
        catch
        {
            memory.Dispose();
            throw;
        }
    }

    /// <summary>From now on nothing that is written here reaches the file. Fails before anything changed.</summary>
    public void Seal()
    {
        // a kernel before 5.13 cannot do it for files: then the mapping below pays for unmapping the pages
        if (IsFailed(Libc.mremap(Start, (nint)Length, (nint)Length, Libc.MREMAP_MAYMOVE | Libc.MREMAP_FIXED | Libc.MREMAP_DONTUNMAP, Hidden))
            && LibcError.Last != Libc.EINVAL)
            throw LibcError.Make("Sealing", "a loan");
        Place(Libc.MAP_PRIVATE | Libc.MAP_NORESERVE);
    }

    /// <summary>Undoes <see cref="Seal"/>; what was written since then is lost.</summary>
    public void Unseal() => Place(Libc.MAP_SHARED);

    public void Dispose()
    {
        Unmap();
        GC.SuppressFinalize(this);
    }

    private void Map()
    {
        _reserved = Libc.mmap(null, (nint)Reserved, Libc.PROT_NONE, Libc.MAP_PRIVATE | Libc.MAP_ANONYMOUS | Libc.MAP_NORESERVE, -1, 0);
        if (IsFailed(_reserved))
        {
            _reserved = null;
            throw new ZkArrowException(
                ZkArrowStatus.TooLarge,
                $"A loan of {Length} bytes could not be mapped; raise the address space limit (ulimit -v), or ask for less.");
        }

        Start = (byte*)(((nint)_reserved + Span - 1) / Span * Span);
        Place(Libc.MAP_SHARED);
        SegmentCounters.Mapped(Length);
    }

    /// <summary>Maps the file where the user sees it, in one step for every other thread.</summary>
    private void Place(int how)
    {
        if (IsFailed(Libc.mmap(Start, (nint)Length, Rights, how | Libc.MAP_FIXED, File.Descriptor, 0)))
            throw LibcError.Make("Mapping", "a loan");

        // a forked child would keep the shared mapping when this process gives it up
        if (how == Libc.MAP_SHARED && Libc.madvise(Start, (nint)Length, Libc.MADV_DONTFORK) != 0)
            throw LibcError.Make("Keeping from children", "a loan");
    }

    private void Unmap()
    {
        byte* reserved = _reserved;
        if (reserved != null)
        {
            _reserved = null;
            _ = Libc.munmap(reserved, (nint)Reserved);
            if (Start != null)
                SegmentCounters.Unmapped(Length);
            Start = null;
        }

        File.Dispose();
    }

    private static bool IsFailed(byte* address) => (nint)address == -1;
}
