namespace ZkArrow.Segments;

/// <summary>
/// Segments and empty incarnation directories that were listed as older than the grace period. A segment is removed
/// only under an exclusive lock, and only when its record is missing after the lock was had: a writer keeps its own lock
/// until it has committed, so nothing can be recorded behind the sweeper's back.
/// </summary>
internal sealed class SweepCandidates
{
    private readonly string _root;
    private readonly List<string> _emptyDirectories;

    internal SweepCandidates(string root, IReadOnlyList<string> names, List<string> emptyDirectories)
    {
        _root = root;
        Names = names;
        _emptyDirectories = emptyDirectories;
    }

    /// <summary>What may go, if no record names it.</summary>
    internal IReadOnlyList<string> Names { get; }

    /// <summary>
    /// Removes those of the listed segments that nobody has pinned and no record names, and the listed directories that
    /// are still empty. Many processes may do so at once; what this one has no right to remove is left to the owner.
    /// </summary>
    /// <param name="suspects">Those of <see cref="Names"/> that no record named at a first look.</param>
    /// <param name="isReferenced">Whether a record names the segment now; asked under the segment's lock.</param>
    /// <returns>How many segments were removed.</returns>
    internal async ValueTask<int> RemoveAsync(IEnumerable<string> suspects, Func<string, ValueTask<bool>> isReferenced)
    {
        int removed = 0;
        foreach (string name in suspects)
            if (await RemoveUnpinnedAsync(name, isReferenced).ConfigureAwait(false))
                removed++;
        foreach (string directory in _emptyDirectories)
            if (Libc.rmdir(directory) != 0 && !IsExpected(LibcError.Last))
                throw LibcError.Make("Removing", directory);
        return removed;
    }

    private async ValueTask<bool> RemoveUnpinnedAsync(string name, Func<string, ValueTask<bool>> isReferenced)
    {
        string path = $"{_root}/{name}";
        int fd = Libc.open(path, Libc.O_RDONLY | Libc.O_CLOEXEC | Libc.O_NOFOLLOW | Libc.O_NONBLOCK, 0);
        if (fd < 0)
            return IsExpected(LibcError.Last) ? false : throw LibcError.Make("Opening", path);
        using var file = new SegmentPin(fd);

        // whoever opens the file after this lock waits for it, and then finds the file without a name
        if (Libc.flock(fd, Libc.LOCK_EX | Libc.LOCK_NB) != 0)
            return LibcError.Last is Libc.EWOULDBLOCK or Libc.EINTR ? false : throw LibcError.Make("Locking", path);

        // its writer holds a lock until its record is there: what was not recorded at the first look may be now
        if (await isReferenced(name).ConfigureAwait(false))
            return false;
        if (Libc.unlink(path) == 0)
            return true;
        return IsExpected(LibcError.Last) ? false : throw LibcError.Make("Removing", path);
    }

    /// <summary>Another sweeper was first, a writer came back, or the file is not ours to remove.</summary>
    private static bool IsExpected(int errno) => errno is Libc.ENOENT or Libc.ENOTEMPTY or Libc.EINTR
        or Libc.ELOOP or Libc.ENXIO or Libc.ENOTDIR or Libc.EACCES or Libc.EPERM or Libc.EROFS;
}
