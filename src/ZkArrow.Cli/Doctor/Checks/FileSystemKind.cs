using ZkArrow.Segments;

namespace ZkArrow.Cli.Doctor.Checks;

/// <summary>Whether the data directory is on a file system that shares mappings and locks on one host.</summary>
internal sealed class FileSystemKind : HostCheck
{
    private const string Elsewhere = "give a --data-dir on tmpfs, such as one below /dev/shm";

    public override string Name => "file-system";

    protected override Finding Look(Examination examination)
    {
        if (examination.FileSystem is not { } system)
            return Finding.Skip($"The file system of {examination.Place} could not be asked for.");
        string at = examination.Mount is { } mount ? $"{examination.Place} (mounted at {mount.Point})" : examination.Place;
        return Judge(at, system.Type);
    }

    /// <summary>What a file system is good for.</summary>
    internal static Finding Judge(string at, long type) => FileSystems.Name(type) switch
    {
        var name when FileSystems.NetworkName(type) != null =>
            Finding.Fail($"{at} is on {name}, where hosts do not see each other's locks and mappings at once; clients refuse it.", Elsewhere),
        "tmpfs" => Finding.Ok($"{at} is on tmpfs: in memory, gone with the next boot."),
        "overlayfs" => Finding.Warn($"{at} is on overlayfs: other containers do not see it, and it goes with this one.", Elsewhere),
        ("hugetlbfs" or "ramfs") and var name => Finding.Fail($"{at} is on {name}, which cannot reserve space ahead; publishing is refused.", Elsewhere),
        var name => Finding.Ok($"{at} is on a local file system ({name}): slower than memory, kept over a boot."),
    };
}
