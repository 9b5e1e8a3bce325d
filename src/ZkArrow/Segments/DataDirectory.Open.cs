namespace ZkArrow.Segments;

internal sealed partial class DataDirectory
{
    // owner writes, group reads, and what is made inside gets the group of the directory
    private const uint DirectoryMode = 0x5E8; // 02750

    private const int WritableByOthers = 0x2, GroupReads = 0x28; // 0002, 0050

    private const string DataKind = "data directory";

    private const string SharedHome = "/run/zkarrow";

    private DataDirectory(string path, bool isDurable = false, long spaceLimit = 0)
    {
        Path = path;
        _isDurable = isDurable;
        Budget = spaceLimit == 0 ? null : new SpaceBudget(this, spaceLimit);
        Pool = new SegmentPool(path);
    }

    /// <summary>Where this process has the data directories of namespaces for which no path is given.</summary>
    internal static string Home =>
        Directory.Exists(SharedHome) && IsAllowed(SharedHome, Libc.R_OK | Libc.W_OK | Libc.X_OK)
            ? SharedHome
            : $"/dev/shm/zkarrow-{Libc.geteuid()}";

    /// <summary>A directory as it is, neither made nor checked, for whoever only looks at what is there.</summary>
    internal static DataDirectory At(string path) => new(path);

    /// <summary>
    /// Opens, and if need be makes, the data directory of a namespace: the explicit path as it is; or
    /// <c>/run/zkarrow/&lt;namespace&gt;</c> where <c>/run/zkarrow</c> is a directory this process may write; or
    /// <c>/dev/shm/zkarrow-&lt;uid&gt;/&lt;namespace&gt;</c>. A space limit of 0 is none.
    /// </summary>
    internal static DataDirectory Open(string? explicitPath, string namespaceId, long spaceLimit = 0)
    {
        if (explicitPath is not null)
        {
            string path = Absolute(explicitPath, DataKind);
            MakeParents(path, DataKind);
            return OpenChecked(path, mustBeOurs: false, spaceLimit: spaceLimit);
        }

        if (!SegmentName.IsPart(namespaceId))
            throw new ZkArrowException(
                ZkArrowStatus.InvalidArgument,
                $"“{namespaceId}” was given as a namespace; use letters, digits, '-', '_' and '.'.");
        string home = Home;
        if (home == SharedHome)
            return OpenChecked($"{home}/{namespaceId}", mustBeOurs: false, spaceLimit: spaceLimit);

        // everybody may write to /dev/shm, so somebody else may have made this name first to watch our bytes
        OpenChecked(home, mustBeOurs: true);
        return OpenChecked($"{home}/{namespaceId}", mustBeOurs: true, spaceLimit: spaceLimit);
    }

    private static string Absolute(string path, string kind) => path.Length > 0
        ? System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(path))
        : throw new ZkArrowException(ZkArrowStatus.InvalidArgument, $"An empty path was given as the {kind}; give a path or none.");

    private static DataDirectory OpenChecked(string path, bool mustBeOurs, string kind = DataKind, bool isDurable = false, long spaceLimit = 0)
    {
        try
        {
            MakeDirectory(path);
        }
        catch (ZkArrowException e) when (e.Status == ZkArrowStatus.DataLost)
        {
            // nothing was lost: a file system such as /proc has no room for directories of ours
            throw new ZkArrowException(
                ZkArrowStatus.InvalidArgument, $"The {kind} {path} cannot be made there; give one on tmpfs or a local disk.", e);
        }

        if (!Libc.Stat(path, follow: !mustBeOurs, out Libc.FileStatus status))
            throw LibcError.Make($"Looking up the {kind}", path);
        if (!status.IsDirectory)
            throw new ZkArrowException(
                ZkArrowStatus.InvalidArgument, $"{path} was found not to be a directory; remove it or give another {kind}.");
        CheckRights(path, status, mustBeOurs, kind);
        if (Libc.statfs(path, out Libc.FileSystemStatus system) != 0)
            throw LibcError.Make("Asking for the file system of", path);
        if (FileSystems.NetworkName(system.Type) is string network)
            throw new ZkArrowException(
                ZkArrowStatus.InvalidArgument,
                $"The {kind} {path} was found on {network}, where hosts do not see each other's locks at once; give one on tmpfs or a local disk.");
        return new DataDirectory(path, isDurable, spaceLimit);
    }

    private static void CheckRights(string path, in Libc.FileStatus status, bool mustBeOurs, string kind)
    {
        if ((status.Mode & WritableByOthers) != 0)
            throw new ZkArrowException(
                ZkArrowStatus.PermissionDenied,
                $"The {kind} {path} was found writable for every user, who could remove or replace segments; run chmod o-w on it.");
        if (status.Uid == Libc.geteuid())
            return;

        // checked by mode as well, so that root does not leave its files in a private directory
        if (mustBeOurs || (status.Mode & GroupReads) != GroupReads || !IsAllowed(path, Libc.R_OK | Libc.X_OK))
            throw new ZkArrowException(
                ZkArrowStatus.PermissionDenied,
                $"The {kind} {path} was found to belong to user {status.Uid} with mode {Convert.ToString(status.Mode & 0xFFF, 8)}; give another one, or join a group that may read it (mode 2750).");
    }

    private static bool IsAllowed(string path, int mode) =>
        Libc.faccessat(Libc.AT_FDCWD, path, mode, Libc.AT_EACCESS) == 0;

    private static void MakeParents(string path, string kind)
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
                $"The folders above the {kind} {path} could not be made ({e.Message}); make them or give another path.",
                e);
        }
    }

    /// <summary>Makes one directory; one that exists keeps the mode its administrator chose.</summary>
    internal static void MakeDirectory(string path)
    {
        if (Libc.mkdir(path, DirectoryMode) == 0)
        {
            // mkdir applies the umask and ignores setgid
            if (Libc.chmod(path, DirectoryMode) != 0 && LibcError.Last != Libc.ENOENT)
                throw LibcError.Make("Setting the mode of", path);
            return;
        }

        if (LibcError.Last == Libc.EEXIST)
            return;
        throw LibcError.Make("Making the directory", path);
    }
}
