using ZkArrow.ZooKeeper;

namespace ZkArrow;

/// <summary>The parts of <c>zk://host:port,host:port/chroot</c> or <c>local:/path</c>.</summary>
/// <param name="Servers">The servers, as a ZooKeeper connect string without a chroot; empty for the embedded coordinator.</param>
/// <param name="Chroot">The path all of the namespace stands under; empty for the root.</param>
/// <param name="LocalPath">The embedded coordinator's folder; null for ZooKeeper.</param>
internal readonly record struct ConnectUrl(string Servers, string Chroot, string? LocalPath = null)
{
    private const string Scheme = "zk://";
    private const string LocalScheme = "local:";

    public static ConnectUrl Parse(string url)
    {
        if (url.StartsWith(LocalScheme, StringComparison.Ordinal))
            return new ConnectUrl("", "", ParsePath(url));
        if (url.Contains('@', StringComparison.Ordinal))
            throw Refused("zk://…", "credentials do not belong into it; pass them as the auth option");
        if (!url.StartsWith(Scheme, StringComparison.Ordinal))
            throw Refused(url, "it begins with neither zk:// nor local:");
        string text = url[Scheme.Length..].TrimEnd('/');
        if (text.Contains('?', StringComparison.Ordinal) || text.Contains('#', StringComparison.Ordinal))
            throw Refused(url, "it takes no query; pass options as options");
        try
        {
            string chroot = ZkConnectString.Parse(text).Chroot;
            if (chroot == "/zookeeper" || chroot.StartsWith("/zookeeper/", StringComparison.Ordinal))
                throw Refused(url, "the chroot /zookeeper is reserved for the servers");
            return new ConnectUrl(text[..^chroot.Length], chroot);
        }
        catch (FormatException e)
        {
            throw Refused(url, e.Message);
        }
    }

    private static string ParsePath(string url)
    {
        string path = url[LocalScheme.Length..];
        if (!path.StartsWith('/') || path.StartsWith("//", StringComparison.Ordinal))
            throw Refused(url, "local: takes an absolute path");
        if (path.Any(char.IsControl))
            throw Refused(url, "its path has a control character");
        if (path.Contains('?', StringComparison.Ordinal) || path.Contains('#', StringComparison.Ordinal))
            throw Refused(url, "it takes no query; pass options as options");
        path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        return path == "/" ? throw Refused(url, "the root of the file system is no folder of its own") : path;
    }

    private static ZkArrowException Refused(string url, string why) =>
        new(ZkArrowStatus.InvalidArgument, $"the URL '{url}' was refused: {why}; expected zk://host:port,host:port/chroot or local:/path");
}
