using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using ZkArrow.ZooKeeper;

namespace ZkArrow.Cli.Doctor.Checks;

/// <summary>Whether the servers have bugs that lose data, which no client can make good.</summary>
internal sealed partial class ServerVersions : ICheck
{
    private const string Upgrade = "upgrade the servers to ZooKeeper 3.9.5 or 3.8.6, one after the other";
    private const int LongestAnswer = 16 * 1024;

    // one server that is down must not keep the others from being looked at
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    public string Name => "server-version";

    public async ValueTask<IReadOnlyList<Finding>> LookAsync(Examination examination, CancellationToken cancellationToken)
    {
        if (examination.Request.Url is not { } url)
            return [Finding.Skip("No coordinator was given.", "zkarrow doctor --connect zk://host:port/chroot")];
        IReadOnlyList<DnsEndPoint> servers = ZkConnectString.Parse(url.Servers).Servers;
        return await Task.WhenAll(servers.Select(server => LookAsync(server, cancellationToken))).ConfigureAwait(false);
    }

    /// <summary>What is known of a version: null when nothing bad is.</summary>
    internal static string? BugOf(Version version) => version switch
    {
        { Major: 3, Minor: 9, Build: 3 } => "can lose data when a server restarts (ZOOKEEPER-4925)",
        { Major: 3, Minor: 9, Build: 2 } => "can apply what was never committed when a server restarts (ZOOKEEPER-4394, ZOOKEEPER-4712)",
        _ when version < new Version(3, 8, 5) || (version >= new Version(3, 9, 0) && version < new Version(3, 9, 2)) =>
            "can lose acknowledged commits when servers crash while one catches up (ZOOKEEPER-4785)",
        _ => null,
    };

    /// <summary>What an answer to <c>srvr</c> tells of a server.</summary>
    internal static Finding Judge(string server, string answer)
    {
        if (VersionLine().Match(answer) is { Success: true } match)
        {
            Version version = Version.Parse(match.Groups[1].Value);
            return BugOf(version) is string bug
                ? Finding.Warn($"{server} runs ZooKeeper {version}, which {bug}.", Upgrade)
                : Finding.Ok($"{server} runs ZooKeeper {version}.");
        }

        return answer.Contains("whitelist", StringComparison.Ordinal)
            ? Finding.Skip($"{server} does not tell its version.", "4lw.commands.whitelist=srvr in zoo.cfg")
            : Finding.Skip($"{server} answered srvr with something else than ZooKeeper does; its version is not known.");
    }

    private static async Task<Finding> LookAsync(DnsEndPoint server, CancellationToken cancellationToken)
    {
        string name = $"{server.Host}:{server.Port}";
        using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        try
        {
            return Judge(name, await AskAsync(server, patience.Token).ConfigureAwait(false));
        }
        catch (Exception e) when (e is SocketException or IOException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            return Finding.Warn(
                $"{name} did not answer ({(e is OperationCanceledException ? $"not within {Patience.TotalSeconds} s" : e.Message)}).",
                $"start the server, or take {name} out of --connect");
        }
    }

    private static async Task<string> AskAsync(DnsEndPoint server, CancellationToken cancellationToken)
    {
        using TcpClient client = new();
        await client.ConnectAsync(server.Host, server.Port, cancellationToken).ConfigureAwait(false);
        NetworkStream stream = client.GetStream();
        await stream.WriteAsync("srvr"u8.ToArray(), cancellationToken).ConfigureAwait(false);
        byte[] answer = new byte[LongestAnswer];
        int length = await stream.ReadAtLeastAsync(answer, answer.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        return Encoding.ASCII.GetString(answer, 0, length);
    }

    [GeneratedRegex(@"^Zookeeper version: (\d{1,4}\.\d{1,4}\.\d{1,4})")]
    private static partial Regex VersionLine();
}
