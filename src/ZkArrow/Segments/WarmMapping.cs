namespace ZkArrow.Segments;

/// <summary>
/// A writable mapping of a file that was recycled once, kept by the process that did, so that the next time costs neither the
/// mapping nor a fault per page. It is only written through while its file is claimed (<see cref="SegmentPool"/>).
/// </summary>
internal sealed unsafe class WarmMapping
{
    private readonly GuardWatch _watch;

    private WarmMapping(byte* start, long length, GuardWatch watch)
    {
        Start = start;
        Length = length;
        _watch = watch;
    }

    internal byte* Start { get; }

    internal long Length { get; }

    /// <summary>Where the file stands; when it is somewhere else, or gone, the mapping only wastes memory.</summary>
    internal string Path { get; set; } = "";

    /// <summary>Another process cut the file while it was written.</summary>
    internal bool IsPoisoned => _watch.IsPoisoned;

    /// <summary>Maps the first bytes of a claimed file, whose pages are there.</summary>
    internal static WarmMapping Create(string path, long length)
    {
        // opened anew, because a mapping keeps the locks of what it was made from
        using SegmentPin file = SegmentPool.Open(path, Libc.O_RDWR) ?? throw LibcError.Make("Opening", path);
        byte* start = Libc.mmap(
            null, (nint)length, Libc.PROT_READ | Libc.PROT_WRITE, Libc.MAP_SHARED | Libc.MAP_POPULATE, file.Descriptor, 0);
        if ((nint)start == -1)
            throw LibcError.Make("Mapping", path);
        try
        {
            // a forked child would keep the pages when this process gives them up
            if (Libc.madvise(start, (nint)length, Libc.MADV_DONTFORK) != 0)
                throw LibcError.Make("Keeping from children", path);
            GuardWatch watch = SegmentGuard.Watch(start, length, writable: true);
            SegmentCounters.Warmed(length);
            return new WarmMapping(start, length, watch);
        }
        catch
        {
            _ = Libc.munmap(start, (nint)length);
            throw;
        }
    }

    /// <summary>Unmaps it, once.</summary>
    internal void Unmap()
    {
        _watch.End();
        _ = Libc.munmap(Start, (nint)Length);
        SegmentCounters.Cooled(Length);
    }
}
