namespace ZkArrow.Segments;

internal sealed partial class DataDirectory
{
    /// <summary>
    /// Gives a segment that no record names yet another name, which is not in use. A pin on it stays. False when it is gone:
    /// a sweeper took it, for want of a pin, or its whole incarnation was removed.
    /// </summary>
    public bool Rename(string from, string to)
    {
        SegmentName.Check(from);
        SegmentName.Check(to);
        string target = $"{Path}/{to}";
        bool done = RenamePath($"{Path}/{from}", target);
        if (done && _isDurable)
            SyncEntry(target);
        return done;
    }

    /// <summary>Renames a file, and makes the folder it goes to; false when it is gone.</summary>
    internal static bool RenamePath(string source, string target)
    {
        for (int attempt = 0; ; attempt++)
        {
            if (Libc.renameat2(Libc.AT_FDCWD, source, Libc.AT_FDCWD, target, Libc.RENAME_NOREPLACE) == 0)
                return true;
            int errno = LibcError.Last;
            if (errno != Libc.ENOENT || attempt == DirectoryAttempts)
                throw LibcError.Make($"Renaming {source} to", target, errno);
            if (!Libc.Stat(source, follow: false, out _))
                return false;
            MakeDirectory(target[..target.LastIndexOf('/')]);
        }
    }
}
