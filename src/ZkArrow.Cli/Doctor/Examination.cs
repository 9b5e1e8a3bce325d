using ZkArrow.Segments;

namespace ZkArrow.Cli.Doctor;

/// <summary>What all checks look at.</summary>
internal sealed class Examination
{
    public Examination(DoctorRequest request, HostFiles host, CoordinatorLink? link)
    {
        (Request, Host, Link) = (request, host, link);
        Place = request.DataDirectory ?? (link?.Namespace is Guid id ? $"{DataDirectory.Home}/{id:N}" : DataDirectory.Home);
        bool isHome = request.DataDirectory == null && link?.Namespace == null;
        Directories = [.. (isHome ? Below(Place) : [Place]).Where(Directory.Exists).Select(DataDirectory.At)];
        Mount = Mount.Of(RealPath(Standing(Place)), host);
    }

    public DoctorRequest Request { get; }

    public HostFiles Host { get; }

    /// <summary>Null when no URL was given.</summary>
    public CoordinatorLink? Link { get; }

    /// <summary>The data directory, or the directory that the host's data directories are in.</summary>
    public string Place { get; }

    /// <summary>The data directories that exist.</summary>
    public IReadOnlyList<DataDirectory> Directories { get; }

    /// <summary>What <see cref="Place"/> is mounted on; null when the host does not tell.</summary>
    public Mount? Mount { get; }

    /// <summary>The file system of <see cref="Place"/>; null when it cannot be asked for.</summary>
    public Libc.FileSystemStatus? FileSystem => Libc.statfs(Standing(Place), out Libc.FileSystemStatus status) == 0 ? status : null;

    /// <summary>A path, or of what is above it the first that exists.</summary>
    public static string Standing(string path)
    {
        while (!Path.Exists(path))
            path = Path.GetDirectoryName(path) ?? "/";
        return path;
    }

    private static string RealPath(string path) => Directory.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path;

    private static string[] Below(string home)
    {
        try
        {
            return Directory.Exists(home) ? Directory.GetDirectories(home) : [];
        }
        catch (UnauthorizedAccessException)
        {
            return []; // DirectoryRights says so
        }
    }
}
