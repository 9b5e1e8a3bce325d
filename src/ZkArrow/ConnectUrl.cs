using ZkArrow.ZooKeeper;

namespace ZkArrow;

/// <summary>The parts of <c>zk://host:port,host:port/chroot</c>.</summary>
/// <param name="Servers">The servers, as a ZooKeeper connect string without a chroot.</param>
/// <param name="Chroot">The path all of the namespace stands under; empty for the root.</param>
internal readonly record struct ConnectUrl(string Servers, string Chroot)
{
    private const string Scheme = "zk://";

    public static ConnectUrl Parse(string url)
    {
        if (url.StartsWith("local:", StringComparison.Ordinal))
            throw new ZkArrowException(ZkArrowStatus.Unsupported, $"'{url}' asks for the embedded coordinator, which this version does not have; use zk://host:port");
        if (url.Contains('@', StringComparison.Ordinal))
            throw Refused("zk://…", "credentials do not belong into it; pass them as the auth option");
        if (!url.StartsWith(Scheme, StringComparison.Ordinal))
            throw Refused(url, "it does not begin with zk://");
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

    private static ZkArrowException Refused(string url, string why) =>
        new(ZkArrowStatus.InvalidArgument, $"the URL '{url}' was refused: {why}; expected zk://host:port,host:port/chroot");
}
