using System.Diagnostics;

namespace ZkArrow.Testing;

/// <summary>
/// The version of ZooKeeper the tests run against: the machine's own, or with <c>ZKARROW_TEST_SERVER=3.9</c> the one in
/// the peers' root. Whatever was asked for, the running server must say the same.
/// </summary>
public static class ServerVersion
{
    private const string Variable = "ZKARROW_TEST_SERVER";
    private static readonly string? _asked = Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } text ? text : null;
    private static readonly Lazy<string?> _jars = new(Find);

    /// <summary>The folder of the server's jars; null for the machine's own.</summary>
    public static string? Jars => _jars.Value;

    /// <summary>Refuses a server of another version than the one asked for.</summary>
    internal static void Check(string srvr)
    {
        if (_asked is not null && !srvr.StartsWith($"Zookeeper version: {_asked}.", StringComparison.Ordinal))
            throw new InvalidOperationException($"{Variable} was {_asked}, but the server says: {srvr.Split('\n')[0]}");
    }

    private static string? Find()
    {
        switch (_asked)
        {
            case null or "3.8":
                return null;
            case "3.9":
                string jars = Path.Combine(PeersRoot(), "usr", "share", "java");
                return File.Exists(Path.Combine(jars, "zookeeper.jar"))
                    ? jars
                    : throw new InvalidOperationException(
                        $"{Variable} was 3.9, but there is no zookeeper.jar in {jars}; run: sudo tests/peers/peers.sh ensure");
            default:
                throw new InvalidOperationException($"{Variable} was '{_asked}'; give 3.8, 3.9 or nothing.");
        }
    }

    private static string PeersRoot()
    {
        using Process script = Process.Start(
            new ProcessStartInfo(Path.Combine(RepositoryRoot.Find(), "tests", "peers", "peers.sh"), "path")
            {
                RedirectStandardOutput = true,
            })!;
        string path = script.StandardOutput.ReadToEnd().Trim();
        script.WaitForExit();
        return path;
    }
}
