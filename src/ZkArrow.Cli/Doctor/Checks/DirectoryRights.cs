using ZkArrow.Segments;

namespace ZkArrow.Cli.Doctor.Checks;

/// <summary>Whether the data directory exists and who may do what in it.</summary>
internal sealed class DirectoryRights : HostCheck
{
    private const int Permissions = 0xFFF, WritableByOthers = 0x2, GroupReads = 0x28; // 07777, 0002, 0050

    public override string Name => "data-directory";

    protected override Finding Look(Examination examination)
    {
        string path = examination.Place;
        bool isDefault = examination.Request.DataDirectory == null;
        if (!Libc.Stat(path, follow: !isDefault, out Libc.FileStatus status))
        {
            return Path.Exists(Path.GetDirectoryName(path)) || isDefault
                ? Finding.Ok($"{path} does not exist yet; the first client makes it.")
                : Finding.Warn($"{path} does not exist, nor what it is to be in.", $"mkdir -p {Path.GetDirectoryName(path)} && mkdir -m 2750 {path}");
        }

        if (!status.IsDirectory)
            return Finding.Fail($"{path} is not a directory.", $"rm {path}, or give another --data-dir");
        string mode = Convert.ToString(status.Mode & Permissions, 8).PadLeft(4, '0');
        uint user = Libc.geteuid();
        if ((status.Mode & WritableByOthers) != 0)
            return Finding.Fail($"{path} has mode {mode}: every user could remove or replace segments.", $"chmod o-w {path}");
        if (status.Uid != user && isDefault && DataDirectory.Home.StartsWith("/dev/shm/", StringComparison.Ordinal))
            return Finding.Fail($"{path} belongs to user {status.Uid}, not to this user ({user}): somebody else took the name.", $"as user {status.Uid} or root: rm -r {path}");
        return status.Uid != user && (status.Mode & GroupReads) != GroupReads
            ? Finding.Fail($"{path} belongs to user {status.Uid} and has mode {mode}: this user ({user}) may not read it.", $"chmod 2750 {path}, and add this user to the group {status.Gid}")
            : Finding.Ok($"{path} belongs to user {status.Uid} and has mode {mode}.");
    }
}
