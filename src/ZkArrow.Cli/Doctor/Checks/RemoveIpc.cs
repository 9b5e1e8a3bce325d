using ZkArrow.Segments;

namespace ZkArrow.Cli.Doctor.Checks;

/// <summary>Whether systemd removes a user's files from /dev/shm when the user logs out.</summary>
internal sealed class RemoveIpc : HostCheck
{
    private const string Own = "/etc/systemd/logind.conf.d/zkarrow.conf";
    private const uint LastSystemUser = 999;

    // weakest first; of files of one name only the strongest counts, which is the same as reading it last
    private static readonly string[] Roots = ["/usr/lib/systemd", "/usr/local/lib/systemd", "/run/systemd", "/etc/systemd"];

    public override string Name => "remove-ipc";

    protected override Finding Look(Examination examination)
    {
        if (!examination.Place.StartsWith("/dev/shm/", StringComparison.Ordinal))
            return Finding.Ok($"{examination.Place} is not below /dev/shm, where systemd removes files.");
        if (!examination.Host.HasDirectory("/run/systemd/system"))
            return Finding.Ok("systemd does not run here.");
        uint owner = Libc.Stat(examination.Place, follow: true, out Libc.FileStatus status) ? status.Uid : Libc.geteuid();
        return Judge(examination.Host, examination.Place, owner);
    }

    /// <summary>What systemd does with the files of a user.</summary>
    internal static Finding Judge(HostFiles host, string place, uint owner)
    {
        if (owner <= LastSystemUser)
            return Finding.Ok($"{place} belongs to the system user {owner}, whose files systemd leaves alone.");
        return IsOn(host)
            ? Finding.Warn(
                $"systemd removes {place} when user {owner} logs out of the last session (RemoveIPC): versions are lost.",
                $"mkdir -p {Path.GetDirectoryName(Own)} && printf '[Login]\\nRemoveIPC=no\\n' > {Own} && systemctl restart systemd-logind")
            : Finding.Ok("systemd does not remove files at logout (RemoveIPC=no).");
    }

    private static bool IsOn(HostFiles host)
    {
        IEnumerable<string> main = Roots.Select(root => $"{root}/logind.conf");
        IEnumerable<string> more = Roots.SelectMany(root => host.Entries($"{root}/logind.conf.d"))
            .Where(file => file.EndsWith(".conf", StringComparison.Ordinal))
            .GroupBy(Path.GetFileName).OrderBy(group => group.Key, StringComparer.Ordinal).Select(group => group.Last());
        string? last = main.Concat(more).SelectMany(host.Lines)
            .Select(line => line.Split('=', 2))
            .Where(parts => parts.Length == 2 && parts[0].Trim() == "RemoveIPC")
            .LastOrDefault()?[1].Trim().ToLowerInvariant();
        return last is not ("no" or "false" or "off" or "0" or "n" or "f");
    }
}
