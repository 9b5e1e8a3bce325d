using ZkArrow.Ipc;

namespace ZkArrow.Segments;

internal sealed partial class DataDirectory
{
    private const uint SegmentMode = 0x120; // 0440

    // a signal makes fallocate undo its whole piece, so pieces bound what is done twice
    private const long AllocationPiece = 256L << 20;

    // only a sweeper that removes an empty directory again and again can use these up
    private const int DirectoryAttempts = 16;

    /// <summary>
    /// Writes a new segment: an unnamed file, wholly allocated first so that a full directory is an error here and
    /// never a SIGBUS later, then filled, made read-only and linked. Killed before the link, or when
    /// <paramref name="fill"/> throws, nothing is left.
    /// </summary>
    /// <param name="name">Its name, not used before.</param>
    /// <param name="length">The exact number of bytes <paramref name="fill"/> will write.</param>
    /// <param name="fill">Writes the content.</param>
    internal void Write(string name, long length, Action<IIpcSink> fill) => WritePinned(name, length, fill).Dispose();

    /// <summary>
    /// Writes as <see cref="Write"/> does and returns a pin, to be held until the record that names the segment is
    /// committed or given up, and then disposed. Without it only the segment's age keeps sweepers away, and that is not
    /// enough when the process is paused or the clock jumps before the commit.
    /// </summary>
    internal SegmentPin WritePinned(string name, long length, Action<IIpcSink> fill)
    {
        SegmentName.Check(name);
        if (length <= 0)
            throw new ZkArrowException(
                ZkArrowStatus.InvalidArgument, $"A segment of {length} bytes was to be written; it has at least one.");
        string path = $"{Path}/{name}";
        using SpaceBudget.Reservation? room = Budget?.Take(length, path);
        return WithPooledSpace(() => (_isDurable ? null : TryRecycle(path, length, fill)) ?? WriteFresh(path, length, fill));
    }

    IDisposable ISegmentPlace.WritePinned(string name, long length, Action<IIpcSink> fill) => WritePinned(name, length, fill);

    /// <summary>What needs space is tried again with that of the pool.</summary>
    private T WithPooledSpace<T>(Func<T> take)
    {
        try
        {
            return take();
        }
        catch (ZkArrowException e) when (e.Status == ZkArrowStatus.NoSpace)
        {
            if (!Pool.Trim(TimeSpan.Zero))
                throw;
        }

        return take();
    }

    private SegmentPin? TryRecycle(string path, long length, Action<IIpcSink> fill)
    {
        using RecycledFile? file = Pool.Claim(length);
        if (file == null)
            return null;
        if (file.Length > length && Libc.ftruncate(file.Descriptor, length) != 0)
            throw LibcError.Make("Shortening", path);
        Allocate(file.Descriptor, file.Length, length, path);
        file.Fill(length, fill, path);
        return file.Publish(path, SegmentMode);
    }

    private SegmentPin WriteFresh(string path, long length, Action<IIpcSink> fill)
    {
        string directory = path[..path.LastIndexOf('/')];
        SegmentPin pin = CreateUnnamed(directory);
        try
        {
            // one that is written whole needs no pages beforehand: the write itself is refused
            if (length > FileSink.BufferSize)
                Allocate(pin.Descriptor, 0, length, path);
            using (var sink = new FileSink(pin.Descriptor, path, 0, length))
            {
                fill(new UndamagedSink(sink));
                sink.Complete();
            }

            if (Libc.fchmod(pin.Descriptor, SegmentMode) != 0)
                throw LibcError.Make("Setting the mode of", path);
            if (!pin.TryLock(path))
                throw new ZkArrowException(
                    ZkArrowStatus.Internal, $"The unnamed file of {path} was found locked; report it with this message.");
            if (_isDurable)
                Sync(pin.Descriptor, path);
            Link(pin.Descriptor, directory, path);
            if (_isDurable)
                SyncEntry(path);
            return pin;
        }
        catch
        {
            pin.Dispose();
            throw;
        }
    }

    private SegmentPin CreateUnnamed(string directory)
    {
        for (int attempt = 0; ; attempt++)
        {
            int fd = Libc.open(directory, Libc.O_TMPFILE | Libc.O_RDWR | Libc.O_CLOEXEC, SegmentMode);
            if (fd >= 0)
                return new SegmentPin(fd);
            switch (LibcError.Last)
            {
                case Libc.EINTR:
                    continue;
                case Libc.ENOENT when attempt < DirectoryAttempts:
                    MakeDirectory(directory);
                    continue;
                case Libc.EOPNOTSUPP or Libc.EISDIR:
                    throw Unsupported("unnamed files (O_TMPFILE)");
                case Libc.ENOSPC or Libc.EDQUOT:
                    throw new ZkArrowException(
                        ZkArrowStatus.NoSpace,
                        $"The file system of {directory} had no room for another file; drop old versions or raise its limit of inodes (tmpfs: mount -o remount,nr_inodes=…).");
                default:
                    throw LibcError.Make("Making a file in", directory);
            }
        }
    }

    /// <summary>Gives the file its length, and pages from there on where it has none.</summary>
    private void Allocate(int fd, long from, long length, string path)
    {
        if (from >= length)
            return;

        // a hopeless request must not take all space from other writers even for a moment
        if (length - from > FreeBytes)
            throw Full(path, length, taken: from);
        for (long done = from; done < length;)
        {
            long piece = Math.Min(length - done, AllocationPiece);
            if (Libc.fallocate(fd, 0, done, piece) == 0)
            {
                done += piece;
                continue;
            }

            switch (LibcError.Last)
            {
                case Libc.EINTR:
                    continue;
                case Libc.EOPNOTSUPP:
                    throw Unsupported("reserving space (fallocate)");
                case Libc.ENOSPC or Libc.EDQUOT:
                    // what was taken so far is still ours, and goes back with the file
                    throw Full(path, length, taken: done);
                default:
                    throw LibcError.Make($"Reserving {length} bytes for", path);
            }
        }
    }

    private static void Link(int fd, string directory, string path)
    {
        for (int attempt = 0; ; attempt++)
        {
            if (Libc.linkat(Libc.AT_FDCWD, $"/proc/self/fd/{fd}", Libc.AT_FDCWD, path, Libc.AT_SYMLINK_FOLLOW) == 0)
                return;
            switch (LibcError.Last)
            {
                case Libc.EEXIST:
                    throw new ZkArrowException(
                        ZkArrowStatus.Internal, $"{path} was found to exist although its name is random; report it with this message.");
                case Libc.ENOENT when attempt < DirectoryAttempts:
                    if (!Directory.Exists("/proc/self/fd"))
                        throw new ZkArrowException(
                            ZkArrowStatus.Unsupported, $"{path} could not be linked without /proc; mount it.");

                    // a sweeper took the directory for an abandoned one
                    MakeDirectory(directory);
                    continue;
                default:
                    throw LibcError.Make("Linking", path);
            }
        }
    }

    private ZkArrowException Full(string path, long needed, long taken) => new(
        ZkArrowStatus.NoSpace,
        $"{path} needed {needed} bytes and {FreeBytes + taken} were free; {SpaceAdvice}, or enlarge the file system (tmpfs: mount -o remount,size=…).");

    private ZkArrowException Unsupported(string what)
    {
        string system = Libc.statfs(Path, out Libc.FileSystemStatus status) == 0 ? FileSystems.Name(status.Type) : "unknown";
        return new ZkArrowException(
            ZkArrowStatus.Unsupported,
            $"The file system of {Path} ({system}) was found not to support {what}; give a data directory on tmpfs, ext4 or XFS.");
    }
}
