using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;
using ZkArrow.Segments;

namespace ZkArrow.Embedded;

/// <summary>The folder of an embedded coordinator: the database, the sessions, and the file that tells of commits.</summary>
internal sealed unsafe class LocalFolder : IDisposable
{
    private const uint DirectoryMode = 0x1E8, FileMode = 0x1A0; // 0750, 0640
    private const int WritableByOthers = 0x2;

    private readonly SafeFileHandle _commits;

    private LocalFolder(string path, SafeFileHandle commits) => (Path, _commits) = (path, commits);

    public string Path { get; }

    public string Database => DatabaseOf(Path);

    public string Sessions => Path + "/sessions";

    public string Commits => Path + "/commits";

    /// <summary>Where the segments are unless another place is asked for.</summary>
    public static string DataOf(string path) => path + "/data";

    public static string DatabaseOf(string path) => path + "/tree.db";

    /// <summary>Opens the folder, and makes what is missing.</summary>
    public static LocalFolder Open(string path)
    {
        MakeParents(path);
        MakeDirectory(path);
        Check(path);
        MakeDirectory(path + "/sessions");
        string commits = path + "/commits";
        int fd = Libc.open(commits, Libc.O_RDWR | Libc.O_CREAT | Libc.O_CLOEXEC | Libc.O_NOFOLLOW, FileMode);
        if (fd < 0)
            throw Failed("Opening", commits);
        LocalFolder folder = new(path, new SafeFileHandle(fd, ownsHandle: true));
        try
        {
            // its room is taken now, so that telling of a commit cannot fail for lack of it
            if (Libc.fallocate(fd, 0, 0, sizeof(long)) != 0)
                throw Failed("Reserving space for", commits);
            return folder;
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    /// <summary>Wakes all who watch: a commit can be seen.</summary>
    public void Tell(long commit)
    {
        long number = BinaryPrimitives.ReverseEndianness(commit);
        _ = Libc.pwrite(Descriptor, (byte*)&number, sizeof(long), 0);
    }

    /// <summary>Refuses when the folder was removed: this process would go on alone in files that nobody else finds.</summary>
    public void ThrowIfRemoved()
    {
        if (Libc.Stat(Descriptor, out Libc.FileStatus status) && status.Links == 0)
            throw new ZkArrowException(ZkArrowStatus.DataLost, $"{Path} was removed under this process: open the client again");
    }

    public void Dispose() => _commits.Dispose();

    private int Descriptor => (int)_commits.DangerousGetHandle();

    private static void MakeParents(string path)
    {
        try
        {
            if (System.IO.Path.GetDirectoryName(path) is { Length: > 0 } parent)
                Directory.CreateDirectory(parent);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ZkArrowException(
                e is IOException ? ZkArrowStatus.InvalidArgument : ZkArrowStatus.PermissionDenied,
                $"the folders above {path} could not be made ({e.Message}); make them or give another path",
                e);
        }
    }

    private static void MakeDirectory(string path)
    {
        if (Libc.mkdir(path, DirectoryMode) != 0 && LibcError.Last != Libc.EEXIST)
            throw Failed("Making", path);
    }

    private static void Check(string path)
    {
        if (!Libc.Stat(path, follow: true, out Libc.FileStatus status))
            throw Failed("Looking up", path);
        if (!status.IsDirectory)
            throw new ZkArrowException(ZkArrowStatus.InvalidArgument, $"{path} was found not to be a folder; remove it or give another path");
        if ((status.Mode & WritableByOthers) != 0)
            throw new ZkArrowException(ZkArrowStatus.PermissionDenied, $"{path} was found writable for every user, who could change the tree; give a folder of its own, or run chmod o-w on it");
        if (Libc.faccessat(Libc.AT_FDCWD, path, Libc.R_OK | Libc.W_OK | Libc.X_OK, Libc.AT_EACCESS) != 0)
            throw Failed("Using", path);
        if (Libc.statfs(path, out Libc.FileSystemStatus system) != 0)
            throw Failed("Asking for the file system of", path);
        if (FileSystems.NetworkName(system.Type) is string network)
            throw new ZkArrowException(ZkArrowStatus.InvalidArgument, $"{path} was found on {network}, and the embedded coordinator is for one host; give a path on tmpfs or a local disk, or use zk://");
    }

    private static ZkArrowException Failed(string doing, string path)
    {
        int errno = LibcError.Last;
        string said = System.Runtime.InteropServices.Marshal.GetPInvokeErrorMessage(errno);
        return errno switch
        {
            Libc.EACCES or Libc.EPERM or Libc.EROFS => new ZkArrowException(
                ZkArrowStatus.PermissionDenied, $"{doing} {path} failed with “{said}”: run as its owner, or give a path that this process may write"),
            Libc.ENOENT or Libc.ENOTDIR or Libc.ELOOP or Libc.EINVAL or Libc.EOPNOTSUPP => new ZkArrowException(
                ZkArrowStatus.InvalidArgument, $"{doing} {path} failed with “{said}”: give a path on tmpfs or a local disk"),
            _ => LibcError.Make(doing, path, errno),
        };
    }
}
