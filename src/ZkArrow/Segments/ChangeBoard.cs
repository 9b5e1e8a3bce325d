using System.Runtime.InteropServices;

namespace ZkArrow.Segments;

/// <summary>
/// A page of counters, the file <c>changes</c> of a data directory, by which the processes of one host tell each other
/// that a head moved.
/// </summary>
/// <remarks>
/// A publisher bumps the slot of its incarnation after its commit and before it acknowledges. A reader takes the value
/// BEFORE it reads the head from the coordinator and keeps it with the head: as long as the slot has that value, no
/// process of this host has acknowledged a newer commit, so the cached head may be used with no round trip.
/// Incarnations that share a slot cost one more read, never a wrong answer. Commits of other hosts are not seen here.
///
/// There is nothing to dispose: the finalizer unmaps the page, because a reader that races with a close would be
/// killed.
/// </remarks>
internal sealed unsafe class ChangeBoard
{
    private const string FileName = "changes";
    private const int SlotBits = 12;
    private const int Bytes = sizeof(ulong) << SlotBits;
    private const uint Mode = 0x1B0; // 0660

    private readonly string _path;
    private readonly ulong* _slots;
    private readonly GuardWatch _watch;

    private ChangeBoard(string path, ulong* slots, bool canAnnounce, GuardWatch watch)
    {
        _path = path;
        _slots = slots;
        _watch = watch;
        CanAnnounce = canAnnounce;
    }

    ~ChangeBoard()
    {
        if (_slots == null)
            return;
        _watch.End();
        _ = Libc.munmap((byte*)_slots, Bytes);
    }

    /// <summary>
    /// Whether this process may write the board. One that may not must not acknowledge commits as seen by this host.
    /// </summary>
    internal bool CanAnnounce { get; }

    /// <summary>Opens the board of a directory and makes it when it is missing.</summary>
    internal static ChangeBoard Open(DataDirectory directory)
    {
        string path = $"{directory.Path}/{FileName}";
        while (true)
        {
            if (TryOpen(path) is ChangeBoard board)
                return board;
            Create(directory.Path, path);
        }
    }

    /// <summary>The value of an incarnation's slot.</summary>
    internal ulong Read(Guid incarnation)
    {
        ulong value = Volatile.Read(ref _slots[SlotOf(incarnation)]);
        ThrowIfDamaged();
        GC.KeepAlive(this);
        return value;
    }

    /// <summary>Tells the readers of this host that the head of an incarnation moved.</summary>
    internal void Announce(Guid incarnation)
    {
        if (!CanAnnounce)
            throw new ZkArrowException(
                ZkArrowStatus.PermissionDenied,
                $"{_path} was found read-only for this process, so readers could not be told; publish as its owner or join its group.");
        Interlocked.Increment(ref _slots[SlotOf(incarnation)]);
        ThrowIfDamaged();
        GC.KeepAlive(this);
    }

    /// <summary>Refuses when the file was truncated: no counter of it can be believed from then on.</summary>
    internal void ThrowIfDamaged()
    {
        _ = Volatile.Read(ref _slots[(1 << SlotBits) - 1]); // the end is lost first
        if (_watch.IsPoisoned)
            throw new ZkArrowException(
                ZkArrowStatus.Corrupt,
                $"{_path} was truncated by another process; stop every process that uses the directory, remove the file, and keep other programs away from it.");
        GC.KeepAlive(this);
    }

    /// <summary>The slot of an incarnation; part of the file's format, so it must never change.</summary>
    internal static int SlotOf(Guid incarnation)
    {
        ReadOnlySpan<ulong> halves = MemoryMarshal.Cast<Guid, ulong>(new ReadOnlySpan<Guid>(in incarnation));
        return (int)((halves[0] ^ halves[1]) * 0x9E3779B97F4A7C15 >> (64 - SlotBits));
    }

    private static ChangeBoard? TryOpen(string path)
    {
        bool canAnnounce = true;
        int fd = OpenFile(path, Libc.O_RDWR);
        if (fd < 0 && LibcError.Last is Libc.EACCES or Libc.EPERM or Libc.EROFS)
        {
            canAnnounce = false;
            fd = OpenFile(path, Libc.O_RDONLY);
        }

        if (fd < 0)
            return LibcError.Last == Libc.ENOENT ? null : throw LibcError.Make("Opening", path);
        using var file = new SegmentPin(fd);
        if (!Libc.Stat(fd, out Libc.FileStatus status))
            throw LibcError.Make("Looking up", path);

        // never replaced: processes that have the old file mapped would miss every change from then on
        if (!status.IsRegular || status.Size != Bytes)
            throw new ZkArrowException(
                ZkArrowStatus.Corrupt,
                $"{path} was {status.Size} bytes and not a file of {Bytes}; stop every process that uses the directory and remove it.");
        int protection = canAnnounce ? Libc.PROT_READ | Libc.PROT_WRITE : Libc.PROT_READ;
        byte* start = Libc.mmap(null, Bytes, protection, Libc.MAP_SHARED, fd, 0);
        if ((nint)start == -1)
            throw LibcError.Make("Mapping", path);
        try
        {
            return new ChangeBoard(path, (ulong*)start, canAnnounce, SegmentGuard.Watch(start, Bytes, canAnnounce));
        }
        catch
        {
            _ = Libc.munmap(start, Bytes);
            throw;
        }
    }

    private static int OpenFile(string path, int access)
    {
        int fd;
        do
            fd = Libc.open(path, access | Libc.O_CLOEXEC | Libc.O_NOFOLLOW | Libc.O_NONBLOCK, 0);
        while (fd < 0 && LibcError.Last == Libc.EINTR);
        return fd;
    }

    /// <summary>Links a file that has its full size already, so that nobody ever sees a part of it.</summary>
    private static void Create(string directory, string path)
    {
        int fd = Libc.open(directory, Libc.O_TMPFILE | Libc.O_RDWR | Libc.O_CLOEXEC, Mode);
        if (fd < 0)
            throw LibcError.Make("Making the change board", path);
        using var file = new SegmentPin(fd);
        int rc;
        do
            rc = Libc.fallocate(fd, 0, 0, Bytes);
        while (rc != 0 && LibcError.Last == Libc.EINTR);
        if (rc != 0)
            throw LibcError.Make("Reserving space for", path);
        if (Libc.fchmod(fd, Mode) != 0)
            throw LibcError.Make("Setting the mode of", path);
        if (Libc.linkat(Libc.AT_FDCWD, $"/proc/self/fd/{fd}", Libc.AT_FDCWD, path, Libc.AT_SYMLINK_FOLLOW) != 0
            && LibcError.Last != Libc.EEXIST)
            throw LibcError.Make("Linking", path);
    }
}
