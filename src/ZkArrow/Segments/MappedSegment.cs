namespace ZkArrow.Segments;

/// <summary>
/// A segment mapped read-only and pinned. It starts with one reference; the last <see cref="Dispose"/> unmaps it and
/// lets go of the pin. All users of one process share one mapping.
/// </summary>
/// <remarks>
/// An object that is lost without <see cref="Dispose"/> is unmapped by its finalizer, so native code that keeps
/// <see cref="Start"/> must keep the object alive too: one <c>GCHandle</c> per exported tree, freed with its reference.
/// </remarks>
internal sealed unsafe class MappedSegment : IDisposable
{
    private readonly SegmentPin _pin;
    private int _references = 1;

    private MappedSegment(SegmentPin pin, byte* start, long length, (ulong Device, ulong Inode) identity)
    {
        _pin = pin;
        Start = start;
        Length = length;
        Identity = identity;
    }

    ~MappedSegment() => Unmap();

    /// <summary>The first byte; null after the last reference is gone.</summary>
    internal byte* Start { get; private set; }

    /// <summary>Bytes in the mapping.</summary>
    internal long Length { get; }

    internal (ulong Device, ulong Inode) Identity { get; }

    /// <summary>Maps a file that is open, locked and checked; the pin belongs to the mapping from then on.</summary>
    internal static MappedSegment Create(SegmentPin pin, string path, in Libc.FileStatus status)
    {
        byte* start = Libc.mmap(
            null, (nint)status.Size, Libc.PROT_READ, Libc.MAP_SHARED, pin.Descriptor, 0);
        if ((nint)start == -1)
            throw LibcError.Last == Libc.ENOMEM
                ? new ZkArrowException(
                    ZkArrowStatus.TooLarge,
                    $"{path} of {status.Size} bytes could not be mapped; raise vm.max_map_count or the address space limit (ulimit -v), or release mappings.")
                : LibcError.Make("Mapping", path);
        SegmentCounters.Mapped(status.Size);
        return new MappedSegment(pin, start, status.Size, status.Identity);
    }

    /// <summary>Adds a reference for another holder; the caller has one already.</summary>
    internal void AddRef()
    {
        if (!TryAddRef())
            throw new ZkArrowException(
                ZkArrowStatus.InvalidHandle, "A segment was used after its last reference was released; take the reference earlier.");
    }

    /// <summary>Adds a reference unless the last one is gone.</summary>
    internal bool TryAddRef()
    {
        int seen = Volatile.Read(ref _references);
        while (seen > 0)
        {
            int before = Interlocked.CompareExchange(ref _references, seen + 1, seen);
            if (before == seen)
                return true;
            seen = before;
        }

        return false;
    }

    /// <summary>Drops one reference; call it once for each.</summary>
    public void Dispose()
    {
        int left = Interlocked.Decrement(ref _references);
        if (left < 0)
            throw new ZkArrowException(
                ZkArrowStatus.InvalidHandle, "A segment was released more often than it was referenced; release each reference once.");
        if (left > 0)
            return;
        Unmap();
        GC.SuppressFinalize(this);
    }

    private void Unmap()
    {
        MappingCache.Forget(this);
        byte* start = Start;
        if (start == null)
            return;
        Start = null;
        _ = Libc.munmap(start, (nint)Length);
        SegmentCounters.Unmapped(Length);
        _pin.Dispose();
    }
}
