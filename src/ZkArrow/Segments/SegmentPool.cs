using System.Globalization;

namespace ZkArrow.Segments;

/// <summary>
/// The folder <c>.pool</c> of a data directory: files of segments that no version names any more, to be written again by whoever
/// publishes next. Pages that are there already take bytes several times faster than fresh ones, and nobody waits for
/// their freeing.
/// </summary>
/// <remarks>
/// What keeps a file from being written under a reader:
/// <list type="number">
/// <item>A segment's name is used once. To retire a file is to rename it, so nobody finds it under its name from then on;
/// and who had opened it before looks at the name again once he has his pin (<see cref="DataDirectory.TryMap"/>).</item>
/// <item>A pooled file is written, published and removed only under its claim, a lock that pins do not know of, and after a look,
/// under the claim, whether it is in the pool still.</item>
/// <item>It is written only when the exclusive lock could be had then: the pins of former readers are gone, and new ones
/// cannot come.</item>
/// </list>
/// A crash leaves a file in the pool, or one that a sweep knows as an orphan. The pool keeps at most an eighth of the file system, nothing
/// for longer than <see cref="KeepTime"/>, and nothing when the last client that used it is closed.
/// </remarks>
internal sealed class SegmentPool
{
    internal const string FolderName = ".pool";

    /// <summary>Smaller files are made as fast as they are recycled.</summary>
    internal const long SmallestFile = 256 << 10;

    /// <summary>A file that was not used for so long goes.</summary>
    internal static readonly TimeSpan KeepTime = TimeSpan.FromMinutes(1);

    private const uint PooledMode = 0x180; // 0600
    private const int MaxWarm = 64;
    private const long UnlimitedShare = 1L << 30;
    private static readonly TimeSpan _lookTime = TimeSpan.FromSeconds(15);

    private readonly string _root;
    private readonly string _folder;
    private readonly Lock _gate = new();
    private readonly Dictionary<(ulong Device, ulong Inode), WarmMapping> _warm = [];
    private SegmentPin? _use;
    private Timer? _timer;
    private bool _closed;

    internal SegmentPool(string root)
    {
        _root = root;
        _folder = $"{root}/{FolderName}";
    }

    /// <summary>The bytes of all pooled files.</summary>
    internal long Bytes => List().Sum(file => file.Status.Size);

    /// <summary>
    /// Takes a segment that no version names out of its incarnation; false when it is not worth it, and nothing was done.
    /// Readers may hold it still.
    /// </summary>
    internal bool TryRetire(string path)
    {
        if (!Libc.Stat(path, follow: false, out Libc.FileStatus status) || !status.IsRegular || status.Size < SmallestFile || !Use())
            return false;
        using SegmentPin? file = Open(path, Libc.O_RDONLY);

        // under a shared lock nobody can have recycled it, so the mode is not changed under a new version
        if (file == null || !file.TryFlock(Libc.LOCK_SH) || !IsStill(path, file, out status)
            || Libc.fchmod(file.Descriptor, PooledMode) != 0
            || Libc.renameat2(Libc.AT_FDCWD, path, Libc.AT_FDCWD, PathOf(status.Inode), Libc.RENAME_NOREPLACE) != 0)
        {
            return false;
        }

        Look(now: Bytes > Share);
        return true;
    }

    /// <summary>Claims a file for a segment of this length; null when none fits.</summary>
    internal RecycledFile? Claim(long length)
    {
        if (length < SmallestFile || !Directory.Exists(_folder) || !Use())
            return null;
        IEnumerable<PooledFile> fitting = List()
            .Where(file => file.Status.Size >= length / 2 && file.Status.Size / 2 <= length)
            .OrderByDescending(file => IsWarm(file.Status.Identity))
            .ThenBy(file => Math.Abs(file.Status.Size - length));
        foreach (PooledFile candidate in fitting)
            if (TryClaim(candidate.Path, forWriting: true, out Libc.FileStatus status) is { } pin)
                return new RecycledFile(this, pin, candidate.Path, status, TakeWarm(status.Identity));
        return null;
    }

    /// <summary>Removes what was not used for so long, and the oldest of what is too much; true when there was any.</summary>
    internal bool Trim(TimeSpan age)
    {
        bool removed = false;
        List<PooledFile> files = [.. List().OrderByDescending(file => file.Status.Age)];
        long total = files.Sum(file => file.Status.Size), share = Share;
        foreach (PooledFile file in files)
        {
            if ((file.Status.Age < age && total <= share) || !Remove(file.Path))
                continue;
            removed = true;
            total -= file.Status.Size;
        }

        ForgetGone();
        return removed;
    }

    /// <summary>Removes everything that no reader holds.</summary>
    internal void GiveBack()
    {
        foreach (PooledFile file in List())
            Remove(file.Path, evenIfHeld: false);
        ForgetGone();
    }

    /// <summary>Takes the mapping of a recycled file back.</summary>
    internal void Return((ulong Device, ulong Inode) identity, WarmMapping mapping)
    {
        lock (_gate)
        {
            if (_closed || _warm.Count == MaxWarm || !_warm.TryAdd(identity, mapping))
                mapping.Unmap();
        }

        Look(now: false);
    }

    /// <summary>Lets go of the mappings, and empties the pool unless another process uses it.</summary>
    internal async ValueTask CloseAsync()
    {
        Timer? timer;
        SegmentPin? use;
        lock (_gate)
        {
            _closed = true;
            (timer, use) = (_timer, _use);
            (_timer, _use) = (null, null);
        }

        if (timer != null)
            await timer.DisposeAsync().ConfigureAwait(false);
        lock (_gate)
        {
            foreach (WarmMapping mapping in _warm.Values)
                mapping.Unmap();
            _warm.Clear();
        }

        using (use)
        {
            if (use?.TryFlock(Libc.LOCK_EX) == true)
                Trim(TimeSpan.Zero);
        }
    }

    private long Share => Libc.statfs(_root, out Libc.FileSystemStatus system) == 0 && system.Blocks > 0
        ? system.Blocks * system.BlockSize / 8
        : UnlimitedShare;

    private string PathOf(ulong inode) => $"{_folder}/{inode.ToString(CultureInfo.InvariantCulture)}";

    /// <summary>Tells other processes, by a lock on the folder, that the pool is of use; makes it when it is missing.</summary>
    private bool Use()
    {
        lock (_gate)
        {
            if (_closed)
                return false;
            if (_use != null)
                return true;
            if (!Make())
                return false;
            SegmentPin? folder = Open(_folder, Libc.O_RDONLY | Libc.O_DIRECTORY);
            if (folder?.TryFlock(Libc.LOCK_SH) != true)
            {
                // somebody empties it just now, or it is of another user
                folder?.Dispose();
                return false;
            }

            _use = folder;
            return true;
        }
    }

    private bool Make()
    {
        try
        {
            DataDirectory.MakeDirectory(_folder);
            return true;
        }
        catch (ZkArrowException)
        {
            return false; // not ours to make: segments are unlinked, as if there were no pool
        }
    }

    private bool IsWarm((ulong Device, ulong Inode) identity)
    {
        lock (_gate)
            return _warm.ContainsKey(identity);
    }

    private WarmMapping? TakeWarm((ulong Device, ulong Inode) identity)
    {
        lock (_gate)
            return _warm.Remove(identity, out WarmMapping? mapping) ? mapping : null;
    }

    /// <summary>Unmaps files that were unlinked: they take memory for as long as anybody has them mapped.</summary>
    private void ForgetGone()
    {
        lock (_gate)
        {
            foreach (((ulong Device, ulong Inode) identity, WarmMapping mapping) in _warm)
            {
                if (IsAt(mapping.Path, identity) || IsAt(PathOf(identity.Inode), identity))
                    continue;
                _warm.Remove(identity);
                mapping.Unmap();
            }
        }
    }

    private static bool IsAt(string path, (ulong Device, ulong Inode) identity) =>
        Libc.Stat(path, follow: false, out Libc.FileStatus status) && status.Identity == identity;

    /// <summary>Opens and claims a pooled file. To be written it must have no pin and all of its pages; to be removed it may be held.</summary>
    private static SegmentPin? TryClaim(string path, bool forWriting, out Libc.FileStatus status)
    {
        status = default;
        if (Open(path, Libc.O_RDWR) is not { } file)
            return null;
        if (Libc.TryClaim(file.Descriptor) && IsStill(path, file, out status)
            && (!forWriting || (status.Links == 1 && status.IsWhole && file.TryFlock(Libc.LOCK_EX) && file.TryLock(path))))
        {
            return file;
        }

        file.Dispose();
        return null;
    }

    /// <summary>Gives the pages back at once where nobody reads them, although other processes may have the file mapped still.</summary>
    private static bool Remove(string path, bool evenIfHeld = true)
    {
        using SegmentPin? file = TryClaim(path, forWriting: false, out Libc.FileStatus status);
        if (file == null)
            return false;
        if (status.Links == 1 && file.TryFlock(Libc.LOCK_EX))
            _ = Libc.ftruncate(file.Descriptor, 0);
        else if (!evenIfHeld)
            return false;
        return Libc.unlink(path) == 0;
    }

    internal static SegmentPin? Open(string path, int how)
    {
        int fd;
        do
            fd = Libc.open(path, how | Libc.O_CLOEXEC | Libc.O_NOFOLLOW | Libc.O_NONBLOCK, 0);
        while (fd < 0 && LibcError.Last == Libc.EINTR);
        return fd < 0 ? null : new SegmentPin(fd);
    }

    private static bool IsStill(string path, SegmentPin file, out Libc.FileStatus status) =>
        Libc.Stat(file.Descriptor, out status) && IsAt(path, status.Identity);

    private List<PooledFile> List()
    {
        List<PooledFile> files = [];
        try
        {
            foreach (string path in DataDirectory.FilesOf(_folder))
                if (Libc.Stat(path, follow: false, out Libc.FileStatus status) && status.IsRegular)
                    files.Add(new PooledFile(path, status));
        }
        catch (ZkArrowException)
        {
            // of another user, who looks after it
        }

        return files;
    }

    /// <summary>Has the pool looked after in the background, from time to time, and now where there is something to free.</summary>
    private void Look(bool now)
    {
        lock (_gate)
        {
            if (_closed)
                return;
            _timer ??= new Timer(static pool => ((SegmentPool)pool!).Trim(KeepTime), this, _lookTime, _lookTime);
            if (now)
                _timer.Change(TimeSpan.Zero, _lookTime);
        }
    }

    private readonly record struct PooledFile(string Path, Libc.FileStatus Status);
}
