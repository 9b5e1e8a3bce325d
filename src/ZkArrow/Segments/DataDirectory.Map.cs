namespace ZkArrow.Segments;

internal sealed partial class DataDirectory
{
    // a sweeper holds its exclusive lock for a round trip to the coordinator, on files that hardly anybody reads
    private static readonly TimeSpan _sweeperDeadline = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Maps a segment as <see cref="TryMap"/> does and throws <see cref="ZkArrowStatus.DataLost"/> when it is gone.
    /// </summary>
    internal MappedSegment Map(string name, long expectedLength) =>
        TryMap(name, expectedLength) ?? throw new ZkArrowException(
            ZkArrowStatus.DataLost, $"The segment {Path}/{name} was gone; publish the version again or read a later one.");

    /// <summary>
    /// Maps a segment and pins it, or shares the mapping this process has already; null when it is gone. Bytes mapped
    /// once stay readable after the segment is unlinked, but its name then finds nothing: take references from the
    /// mapping.
    /// </summary>
    public MappedSegment? TryMap(string name, long expectedLength)
    {
        SegmentName.Check(name);
        if (expectedLength <= 0)
            throw new ZkArrowException(
                ZkArrowStatus.InvalidArgument, $"A segment of {expectedLength} bytes was to be mapped; it has at least one.");
        string path = $"{Path}/{name}";
        if (!Libc.Stat(path, follow: false, out Libc.FileStatus status))
            return LibcError.Last == Libc.ENOENT ? null : throw LibcError.Make("Looking up", path);
        if (MappingCache.Find(status.Identity) is not MappedSegment shared)
            return MapFresh(path, expectedLength);
        try
        {
            // asked only now, because the file may have been recycled between the first look and the pin
            if (IsStill(path, shared.Identity, out status))
            {
                if (status.Size != expectedLength)
                    throw WrongLength(path, status.Size, expectedLength);
                shared.ThrowIfDamaged();
                return shared;
            }
        }
        catch
        {
            shared.Dispose();
            throw;
        }

        shared.Dispose();
        return null;
    }

    private static MappedSegment? MapFresh(string path, long expectedLength)
    {
        long start = Environment.TickCount64;
        while (true)
        {
            // without O_NONBLOCK a FIFO in its place would wait for a writer
            int fd = Libc.open(
                path, Libc.O_RDONLY | Libc.O_CLOEXEC | Libc.O_NOFOLLOW | Libc.O_NONBLOCK, 0);
            if (fd < 0)
            {
                if (LibcError.Last == Libc.EINTR)
                    continue;
                return LibcError.Last == Libc.ENOENT ? null : throw LibcError.Make("Opening", path);
            }

            var pin = new SegmentPin(fd);
            try
            {
                if (MapOpened(pin, path, expectedLength, out MappedSegment? mapped))
                    return mapped is null ? null : MappingCache.Share(mapped);
            }
            catch
            {
                pin.Dispose();
                throw;
            }

            pin.Dispose();
            if (Environment.TickCount64 - start > _sweeperDeadline.TotalMilliseconds)
                throw new ZkArrowException(
                    ZkArrowStatus.Busy, $"{path} was locked by a sweeper for {_sweeperDeadline.TotalSeconds} s; look for a stopped process that has it open (fuser).")
                {
                    IsRetryable = true,
                };
            Thread.Sleep(1);
        }
    }

    /// <summary>Locks, checks and maps an open file; false when a sweeper has it locked just now.</summary>
    private static bool MapOpened(SegmentPin pin, string path, long expectedLength, out MappedSegment? mapped)
    {
        mapped = null;
        CheckFile(pin, path, out Libc.FileStatus opened);
        if (!pin.TryLock(path))
            return false;

        // asked only now, because the file may have been removed, or recycled as another segment, between the opening and the lock
        if (!IsStill(path, opened.Identity, out Libc.FileStatus status))
        {
            pin.Dispose();
            return true;
        }

        if (status.Size != expectedLength)
            throw WrongLength(path, status.Size, expectedLength);
        mapped = MappedSegment.Create(pin, path, status);
        return true;
    }

    /// <summary>Whether a file that is pinned has this name: then it has what was published under it, for as long as it is pinned.</summary>
    private static bool IsStill(string path, (ulong Device, ulong Inode) identity, out Libc.FileStatus status)
    {
        if (Libc.Stat(path, follow: false, out status))
            return status.Identity == identity;
        return LibcError.Last is Libc.ENOENT or Libc.ENOTDIR ? false : throw LibcError.Make("Looking up", path);
    }

    private static void CheckFile(SegmentPin pin, string path, out Libc.FileStatus status)
    {
        if (!Libc.Stat(pin.Descriptor, out status))
            throw LibcError.Make("Looking up", path);
        if (!status.IsRegular)
            throw new ZkArrowException(
                ZkArrowStatus.Corrupt, $"{path} was found not to be a file; remove it and publish the version again.");
    }

    private static ZkArrowException WrongLength(string path, long found, long expected) => new(
        ZkArrowStatus.Corrupt,
        $"{path} was {found} bytes and its manifest says {expected}; publish the version again.");
}
