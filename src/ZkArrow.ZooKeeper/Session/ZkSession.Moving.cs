using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Security.Authentication;
using System.Text;

namespace ZkArrow.ZooKeeper.Session;

/// <summary>The part that moves a session to a better server: one of a new list, or one that can write.</summary>
internal sealed partial class ZkSession
{
    private static readonly TimeSpan FirstSearch = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LastSearch = TimeSpan.FromSeconds(10);
    private volatile bool _serversChanged;
    private HashSet<string> _favoured = [];
    private string _serverName = "";
    private (string Name, IPEndPoint Address)? _preferred;

    /// <summary>
    /// Whether this session was ever granted by a server with a quorum. The id that a read-only server gives out
    /// means nothing to any other, which would call it expired.
    /// </summary>
    private bool _isGranted;

    /// <summary>Decides who moves; a test gives one that it knows.</summary>
    internal Random Chance { get; set; } = Random.Shared;

    public void UpdateServers(ZkConnectString servers)
    {
        Connection? left = null;
        bool isListed;
        lock (Gate)
        {
            IReadOnlyList<string> before = NamesOf(ConnectString);
            ConnectString = servers;
            _serversChanged = true;
            isListed = IsListed(_serverName);
            _favoured = Favoured(before, NamesOf(servers), isListed, Chance);
            if (!isListed || _favoured.Count > 0)
                left = _connection;
        }

        left?.Break(isListed ? "it moves to a server that is new in the list." : "its server is not in the new list.");
    }

    /// <summary>
    /// The servers to try first, so that the clients of a list that grew spread over all of it (ZOOKEEPER-1355): the new
    /// ones, for as many clients as belong there, and for those that must move anyway. None for a client that may stay.
    /// </summary>
    internal static HashSet<string> Favoured(IReadOnlyList<string> before, IReadOnlyList<string> after, bool isListed, Random chance)
    {
        double share = 1 - ((double)before.Count / after.Count);
        return share > 0 && (!isListed || chance.NextDouble() < share) ? [.. after.Except(before)] : [];
    }

    private static string[] NamesOf(ZkConnectString list) => [.. list.Servers.Select(NameOf).Distinct()];

    private bool IsListed(string name) => ConnectString.Servers.Any(server => NameOf(server) == name);

    private static string NameOf(DnsEndPoint server) => $"{server.Host}:{server.Port}";

    /// <summary>While connected to a read-only server: asks the others whether they can write, and moves to the first that can.</summary>
    private async Task SeekWriterAsync(Connection connection, IPEndPoint own)
    {
        TimeSpan pause = FirstSearch;
        try
        {
            while (true)
            {
                await Task.Delay(pause, connection.Broken).ConfigureAwait(false);
                pause = pause * 2 < LastSearch ? pause * 2 : LastSearch;
                foreach ((string name, IPEndPoint address) in await ResolveAsync().ConfigureAwait(false))
                {
                    // its own may have found a quorum meanwhile, but then it closes this connection by itself
                    if (address.Equals(own) || !await CanWriteAsync(name, address, connection.Broken).ConfigureAwait(false))
                        continue;
                    lock (Gate)
                        _preferred = (name, address);
                    connection.Break($"{name} can write.");
                    return;
                }
            }
        }
        catch (OperationCanceledException)
        {
            // the connection broke or the client was closed
        }
    }

    private async Task<bool> CanWriteAsync(string name, IPEndPoint address, CancellationToken broken)
    {
        using CancellationTokenSource bound = CancellationTokenSource.CreateLinkedTokenSource(broken);
        bound.CancelAfter(TimeSpan.FromSeconds(1));
        try
        {
            Stream plain = await OpenAsync(address, bound.Token).ConfigureAwait(false);
            await using ConfiguredAsyncDisposable closing = plain.ConfigureAwait(false);
            Stream stream = await SecureAsync(plain, name, bound.Token).ConfigureAwait(false);
            await using ConfiguredAsyncDisposable closingToo = stream.ConfigureAwait(false);
            await stream.WriteAsync("isro"u8.ToArray(), bound.Token).ConfigureAwait(false);
            using StreamReader reader = new(stream, Encoding.ASCII);
            return await reader.ReadToEndAsync(bound.Token).ConfigureAwait(false) == "rw";
        }
        catch (Exception exception) when (
            exception is SocketException or IOException or AuthenticationException || (exception is OperationCanceledException && !broken.IsCancellationRequested))
        {
            return false;
        }
    }

    /// <summary>Takes the server that was found to be better.</summary>
    private bool TryTakePreferred([NotNullWhen(true)] out (string Name, IPEndPoint Address)? server)
    {
        lock (Gate)
        {
            server = _preferred;
            _preferred = null;
        }

        return server is not null;
    }
}
