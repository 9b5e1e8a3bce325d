using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using ZkArrow.ZooKeeper.Protocol;

namespace ZkArrow.ZooKeeper.Session;

/// <summary>The part that finds servers and shakes hands with them.</summary>
internal sealed partial class ZkSession
{
    private const int MaxHandshakeBytes = 64 << 10;
    private IPEndPoint? _lastServer;

    /// <summary>Looks all servers up anew, in an order of chance, so that clients spread and moved servers are found.</summary>
    private async Task<Queue<(string, IPEndPoint)>> ResolveAsync()
    {
        List<(string Name, IPEndPoint Address)> found = [];
        foreach (DnsEndPoint server in ConnectString.Servers)
        {
            string name = NameOf(server);
            try
            {
                using CancellationTokenSource bound = AttemptBound(servers: 1);
                IPAddress[] addresses = await Dns.GetHostAddressesAsync(server.Host, bound.Token).ConfigureAwait(false);
                found.AddRange(addresses.Select(address => (name, new IPEndPoint(address, server.Port))));
            }
            catch (Exception exception) when (
                exception is SocketException or ArgumentException
                || (exception is OperationCanceledException && !_stop.IsCancellationRequested))
            {
                _logger.ConnectFailed(name, exception.Message);
            }
        }

        (string Name, IPEndPoint Address)[] shuffled = [.. found];
        Random.Shared.Shuffle(shuffled);
        // the server that was just lost may be frozen, and waiting for it could cost the session: try the others first
        HashSet<string> favoured;
        lock (Gate)
            favoured = _favoured;
        return new Queue<(string, IPEndPoint)>(
            shuffled.OrderBy(server => server.Address.Equals(_lastServer)).ThenBy(server => !favoured.Contains(server.Name)));
    }

    private static async Task<Stream> OpenAsync(IPEndPoint address, CancellationToken cancellation)
    {
        Socket socket = new(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(address, cancellation).ConfigureAwait(false);
            // TCP lets a socket connect to itself when its port is that of a dead server on this host. It would then
            // read its own request as the news that the session expired.
            if (address.Equals(socket.LocalEndPoint))
                throw new IOException("the connection led back to itself.");
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private async Task<ConnectResponse> HandshakeAsync(Stream stream, CancellationToken cancellation)
    {
        Packet request;
        lock (Gate)
        {
            request = new ConnectRequest(
                LastZxid, (int)Options.SessionTimeout.TotalMilliseconds, _isGranted ? SessionId : 0,
                _isGranted ? _password : new byte[PasswordBytes], Options.CanBeReadOnly).Encode();
        }

        try
        {
            await stream.WriteAsync(request.Buffer.AsMemory(0, request.Length), cancellation).ConfigureAwait(false);
        }
        finally
        {
            request.Return();
        }

        return ConnectResponse.Read(await ReadPacketAsync(stream, cancellation).ConfigureAwait(false));
    }

    private static async Task<byte[]> ReadPacketAsync(Stream stream, CancellationToken cancellation)
    {
        byte[] prefix = new byte[4];
        await stream.ReadExactlyAsync(prefix, cancellation).ConfigureAwait(false);
        int length = BinaryPrimitives.ReadInt32BigEndian(prefix);
        if (length is < 0 or > MaxHandshakeBytes)
            throw new ZkProtocolException($"The server answered the handshake with {length} bytes; it is no ZooKeeper server.");
        byte[] packet = new byte[length];
        await stream.ReadExactlyAsync(packet, cancellation).ConfigureAwait(false);
        return packet;
    }
}
