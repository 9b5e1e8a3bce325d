using System.Runtime.InteropServices;

namespace ZkArrow.Segments;

/// <summary>
/// The open file of a segment with a shared lock on it. While it is open no sweeper removes the segment, whatever the
/// clock says; the kernel lets go when the process dies. A lost pin is closed by its finalizer.
/// </summary>
internal sealed class SegmentPin : SafeHandle
{
    private bool _locked;

    internal SegmentPin(int fd)
        : base(-1, ownsHandle: true) => SetHandle(fd);

    public override bool IsInvalid => handle < 0;

    internal int Descriptor => (int)handle;

    /// <summary>What an unnamed file takes of a budget, until it has a name or is closed.</summary>
    internal SpaceBudget.Reservation? Reservation { get; set; }

    /// <summary>Takes the shared lock without waiting; false when a sweeper has the exclusive one just now.</summary>
    internal bool TryLock(string path)
    {
        if (!TryFlock(Libc.LOCK_SH))
            return LibcError.Last == Libc.EWOULDBLOCK ? false : throw LibcError.Make("Locking", path);
        _locked = true;
        SegmentCounters.Pinned();
        return true;
    }

    /// <summary>Takes a lock without waiting, in place of one that the file has; one that is not a pin. False when that cannot be.</summary>
    internal bool TryFlock(int operation)
    {
        int rc;
        do
            rc = Libc.flock(Descriptor, operation | Libc.LOCK_NB);
        while (rc < 0 && LibcError.Last == Libc.EINTR);
        return rc == 0;
    }

    protected override bool ReleaseHandle()
    {
        if (_locked)
            SegmentCounters.Unpinned();
        Reservation?.Dispose();
        return Libc.close(Descriptor) == 0;
    }
}
