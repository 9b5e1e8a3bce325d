namespace ZkArrow.Segments;

/// <content>A data directory on a disk: what is acknowledged is there after a power cut, and nothing is recycled.</content>
internal sealed partial class DataDirectory
{
    private readonly bool _isDurable;

    /// <summary>
    /// Opens, and if need be makes, the folder of a namespace in a disk directory. A folder for each, because a client of another
    /// namespace must not take its segments for orphans, in all the years that they stay.
    /// </summary>
    internal static DataDirectory OpenDisk(string explicitPath, string namespaceId)
    {
        const string Kind = "disk directory";
        string path = Absolute(explicitPath, Kind);
        string folder = $"{path}/{namespaceId}";
        bool isNew = !Directory.Exists(folder);
        MakeParents(path, Kind);
        OpenChecked(path, mustBeOurs: false, Kind);
        DataDirectory disk = OpenChecked(folder, mustBeOurs: false, Kind, isDurable: true);
        if (isNew)
            disk.SyncFileSystem();
        return disk;
    }

    /// <summary>The folders above it may have been made just now, and need not be readable for us.</summary>
    private void SyncFileSystem()
    {
        using SegmentPin folder = OpenFolder(Path);
        if (Libc.syncfs(folder.Descriptor) != 0)
            throw LibcError.Make("Making durable", Path);
    }

    /// <summary>Makes a file's name durable, and that of the folder it is in.</summary>
    private void SyncEntry(string path)
    {
        foreach (string folder in (string[])[path[..path.LastIndexOf('/')], Path])
        {
            using SegmentPin opened = OpenFolder(folder);
            Sync(opened.Descriptor, folder);
        }
    }

    private static SegmentPin OpenFolder(string path) =>
        SegmentPool.Open(path, Libc.O_RDONLY | Libc.O_DIRECTORY) ?? throw LibcError.Make("Opening", path);

    private static void Sync(int fd, string path)
    {
        while (Libc.fsync(fd) != 0)
            if (LibcError.Last != Libc.EINTR)
                throw LibcError.Make("Making durable", path);
    }
}
