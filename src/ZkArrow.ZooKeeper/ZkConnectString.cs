using System.Net;

namespace ZkArrow.ZooKeeper;

/// <summary>A parsed connect string: <c>h1:2181,h2,[::1]:2182/chroot</c>.</summary>
public sealed class ZkConnectString
{
    /// <summary>The port of a server that names none.</summary>
    public const int DefaultPort = 2181;

    private ZkConnectString(IReadOnlyList<DnsEndPoint> servers, string chroot) => (Servers, Chroot) = (servers, chroot);

    /// <summary>The servers in the order they were written; an IPv6 address has no brackets here.</summary>
    public IReadOnlyList<DnsEndPoint> Servers { get; }

    /// <summary>The path all nodes are under, or the empty string.</summary>
    public string Chroot { get; }

    /// <summary>Reads a connect string.</summary>
    /// <exception cref="FormatException">A part was wrong; the message names it.</exception>
    public static ZkConnectString Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        int slash = text.IndexOf('/', StringComparison.Ordinal);
        string hosts = slash < 0 ? text : text[..slash];
        string chroot = slash < 0 ? "" : text[slash..];
        if (chroot == "/")
            chroot = "";
        if (chroot.Contains(','))
            throw Bad(text, $"chroot '{chroot}' contains a comma; write the chroot once, after the last server");
        if (chroot.Length > 0 && ZkPath.Problem(chroot, sequential: false) is { } problem)
            throw Bad(text, $"chroot '{chroot}' {problem}");

        List<DnsEndPoint> servers = [];
        foreach (string part in hosts.Split(','))
            servers.Add(ParseServer(text, part.Trim()));
        return new ZkConnectString(servers, chroot);
    }

    private static DnsEndPoint ParseServer(string text, string part)
    {
        if (part.Length == 0)
            throw Bad(text, "a server is empty; write host:port, separated by commas");
        string host, port;
        if (part[0] == '[')
        {
            int end = part.IndexOf(']', StringComparison.Ordinal);
            if (end < 0)
                throw Bad(text, $"server '{part}' has no closing bracket");
            host = part[1..end];
            port = part[(end + 1)..];
            if (!IPAddress.TryParse(host, out IPAddress? address) || !host.Contains(':') || address is null)
                throw Bad(text, $"server '{part}' has no IPv6 address between its brackets");
            if (port.Length > 0 && port[0] != ':')
                throw Bad(text, $"server '{part}' has '{port}' after its bracket; write [address]:port");
        }
        else
        {
            int colon = part.IndexOf(':', StringComparison.Ordinal);
            host = colon < 0 ? part : part[..colon];
            port = colon < 0 ? "" : part[colon..];
            if (port.IndexOf(':', Math.Min(1, port.Length)) > 0)
                throw Bad(text, $"server '{part}' has several colons; write an IPv6 address in brackets");
        }

        if (host.Length == 0)
            throw Bad(text, $"server '{part}' has no host");
        foreach (char c in host)
        {
            if (char.IsWhiteSpace(c) || char.IsControl(c) || c is '[' or ']' or '@' or '?' or '#' or '\\')
                throw Bad(text, $"host '{host}' contains '{c}'");
        }

        if (port.Length == 0)
            return new DnsEndPoint(host, DefaultPort);
        string digits = port[1..];
        if (digits.Length is 0 or > 5 || digits.AsSpan().ContainsAnyExceptInRange('0', '9')
            || !int.TryParse(digits, out int number) || number is 0 or > 65535)
            throw Bad(text, $"port '{digits}' of server '{part}' is not a number from 1 to 65535");
        return new DnsEndPoint(host, number);
    }

    private static FormatException Bad(string text, string what) =>
        new($"Connect string '{text}' was refused: {what}.");
}
