namespace ZkArrow.Segments;

/// <summary>
/// One directory of immutable segments, one sub directory for each incarnation, shared by the processes of a host. It
/// knows bytes and files; which of them are referenced is for the caller to know.
/// </summary>
internal sealed partial class DataDirectory : ISegmentPlace
{
    /// <summary>The absolute path of the directory.</summary>
    internal string Path { get; }

    /// <summary>What helps when space is short, for sentences.</summary>
    internal const string SpaceAdvice = "drop versions, set a retention, close tables";

    /// <summary>What the directory may hold; null for whatever its file system has room for.</summary>
    internal SpaceBudget? Budget { get; }

    /// <summary>Files that wait to be written again.</summary>
    internal SegmentPool Pool { get; }

    /// <summary>Bytes this process can still write; <see cref="long.MaxValue"/> on a tmpfs without a limit.</summary>
    internal long FreeBytes
    {
        get
        {
            Libc.FileSystemStatus status = FileSystem;
            return status.Blocks == 0 ? long.MaxValue : status.BlocksAvailable * status.BlockSize;
        }
    }

    /// <summary>Bytes that anybody's files occupy on the file system.</summary>
    internal long OccupiedBytes
    {
        get
        {
            Libc.FileSystemStatus status = FileSystem;
            return (status.Blocks - status.BlocksFree) * status.BlockSize;
        }
    }

    /// <summary>The bytes of all linked segments.</summary>
    internal long UsedBytes => List().Sum(file => file.Bytes);

    private Libc.FileSystemStatus FileSystem => Libc.statfs(Path, out Libc.FileSystemStatus status) == 0
        ? status
        : throw LibcError.Make("Asking for the file system of", Path);

    /// <summary>All linked segments, in no order. Segments that come or go meanwhile may or may not be there.</summary>
    internal IReadOnlyList<SegmentFile> List()
    {
        var files = new List<SegmentFile>();
        foreach (string incarnation in Incarnations())
            files.AddRange(List(incarnation));
        return files;
    }

    /// <summary>The linked segments of one incarnation, of which the path is given.</summary>
    internal IEnumerable<SegmentFile> List(string incarnation)
    {
        foreach (string path in FilesOf(incarnation))
        {
            string name = path[(Path.Length + 1)..];
            if (SegmentName.IsValid(name) && Libc.Stat(path, follow: false, out Libc.FileStatus status) && status.IsRegular)
                yield return new SegmentFile(name, status.Size, status.Age);
        }
    }

    /// <summary>Whether a reader, or a writer before its commit, holds a segment just now.</summary>
    internal bool IsPinned(string name)
    {
        SegmentName.Check(name);
        int fd = Libc.open($"{Path}/{name}", Libc.O_RDONLY | Libc.O_CLOEXEC | Libc.O_NOFOLLOW | Libc.O_NONBLOCK, 0);
        if (fd < 0)
            return false;
        using var file = new SegmentPin(fd);
        return Libc.flock(fd, Libc.LOCK_EX | Libc.LOCK_NB) != 0 && LibcError.Last == Libc.EWOULDBLOCK;
    }

    /// <summary>Removes a segment; false when it is not there. Mappings of it stay readable.</summary>
    public bool Unlink(string name)
    {
        SegmentName.Check(name);
        return UnlinkPath($"{Path}/{name}");
    }

    /// <summary>
    /// Takes a segment away that no version names, so that its name finds nothing; one worth it goes to the pool. Mappings of it
    /// stay readable.
    /// </summary>
    internal void Retire(string name)
    {
        SegmentName.Check(name);
        RetirePath($"{Path}/{name}");
    }

    /// <summary>Retires all segments of an incarnation and removes its sub directory; missing is fine.</summary>
    internal void RemoveIncarnation(string incarnation)
    {
        if (!SegmentName.IsPart(incarnation))
            throw new ZkArrowException(
                ZkArrowStatus.InvalidArgument,
                $"“{incarnation}” was given as an incarnation; use letters, digits, '-', '_' and '.'.");
        string directory = $"{Path}/{incarnation}";
        if (IsRealDirectory(directory))
            foreach (string path in FilesOf(directory))
                RetirePath(path);

        // not empty: somebody publishes there still, and the sweeper of a later day collects it
        if (Libc.rmdir(directory) != 0 && LibcError.Last is not (Libc.ENOENT or Libc.ENOTEMPTY))
            throw LibcError.Make("Removing", directory);
    }

    /// <summary>The paths of a folder's files; none when it is missing.</summary>
    internal static string[] FilesOf(string folder) => Entries(folder, directories: false);

    /// <summary>Gives back what is kept for the next segments.</summary>
    internal ValueTask CloseAsync() => Pool.CloseAsync();

    private void RetirePath(string path)
    {
        if (_isDurable || !Pool.TryRetire(path))
            UnlinkPath(path);
    }

    private static bool UnlinkPath(string path)
    {
        if (Libc.unlink(path) == 0)
            return true;
        return LibcError.Last == Libc.ENOENT ? false : throw LibcError.Make("Removing", path);
    }

    /// <summary>The paths of the incarnations' folders.</summary>
    internal IEnumerable<string> Incarnations() =>
        Entries(Path, directories: true).Where(
            path => SegmentName.IsPart(System.IO.Path.GetFileName(path.AsSpan())) && IsRealDirectory(path));

    /// <summary>A link would make a sweep remove files outside of the data directory.</summary>
    private static bool IsRealDirectory(string path) =>
        Libc.Stat(path, follow: false, out Libc.FileStatus status) && status.IsDirectory;

    private static string[] Entries(string directory, bool directories)
    {
        try
        {
            return directories ? Directory.GetDirectories(directory) : Directory.GetFiles(directory);
        }
        catch (DirectoryNotFoundException)
        {
            // removed by another process since it was seen
            return [];
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            throw new ZkArrowException(
                e is IOException ? ZkArrowStatus.Internal : ZkArrowStatus.PermissionDenied,
                $"{directory} could not be listed ({e.Message}); check its owner and mode.",
                e);
        }
    }
}
