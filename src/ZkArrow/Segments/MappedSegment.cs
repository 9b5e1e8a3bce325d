using System.Runtime.InteropServices;
using System.Text;
using ZkArrow.ArrowC;

namespace ZkArrow.Segments;

/// <summary>
/// A segment mapped read-only and pinned. It starts with one reference; the last <see cref="Dispose"/> unmaps it and
/// lets go of the pin. All users of one process share one mapping.
/// </summary>
/// <remarks>
/// An object that is lost without <see cref="Dispose"/> is unmapped by its finalizer, so native code that keeps
/// <see cref="Start"/> must keep the object alive too: one <c>GCHandle</c> per exported tree, freed with its reference.
/// </remarks>
internal sealed unsafe class MappedSegment : ISharedBytes
{
    private readonly SegmentPin _pin;
    private readonly GuardWatch _watch;
    private int _references = 1;

    private MappedSegment(SegmentPin pin, byte* start, in Libc.FileStatus status, GuardWatch watch)
    {
        _pin = pin;
        _watch = watch;
        Start = start;
        Length = status.Size;
        Identity = status.Identity;
    }

    ~MappedSegment() => Unmap();

    /// <summary>The first byte; null after the last reference is gone.</summary>
    internal byte* Start { get; private set; }

    /// <summary>Bytes in the mapping.</summary>
    internal long Length { get; }

    internal (ulong Device, ulong Inode) Identity { get; }

    /// <summary>Null without a guard, which would not survive the look.</summary>
    public Tripwire* Tripwire { get; private set; }

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
        GuardWatch watch;
        try
        {
            watch = SegmentGuard.Watch(start, status.Size, writable: false);
        }
        catch
        {
            _ = Libc.munmap(start, (nint)status.Size);
            throw;
        }

        SegmentCounters.Mapped(status.Size);
        MappedSegment segment = new(pin, start, status, watch);
        segment.Tripwire = segment.MakeTripwire(path);
        return segment;
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

    /// <summary>Refuses when another process took bytes away since the segment was mapped; to be called while a reference is held.</summary>
    internal void ThrowIfDamaged()
    {
        if (Tripwire != null && Tripwire->IsTripped)
            throw Tripwire->Failure();
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
        NativeMemory.Free(Tripwire);
        Tripwire = null;
        _watch.End();
        _ = Libc.munmap(start, (nint)Length);
        SegmentCounters.Unmapped(Length);
        _pin.Dispose();
    }

    private Tripwire* MakeTripwire(string path)
    {
        if (_watch.Mark == null || Length < sizeof(ulong))
            return null;
        byte[] sentence = Encoding.UTF8.GetBytes(
            $"the segment {path} was truncated by another process while it was mapped; close its tables, publish the version again, and keep other programs away from the data directory\0");
        var wire = (Tripwire*)NativeMemory.Alloc((nuint)(sizeof(Tripwire) + sentence.Length));
        *wire = new Tripwire
        {
            Mark = _watch.Mark,
            Tail = (ulong*)(Start + Length - sizeof(ulong)),
            TailValue = *(ulong*)(Start + Length - sizeof(ulong)),
            Sentence = (byte*)(wire + 1),
        };
        sentence.CopyTo(new Span<byte>(wire->Sentence, sentence.Length));
        return wire;
    }
}
