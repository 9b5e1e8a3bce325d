using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace ZkArrow.ZooKeeper.Tests;

/// <summary>A server that says what a test tells it to, and keeps every packet it got.</summary>
internal sealed class ScriptedServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Func<byte[], IEnumerable<byte[]>> _answer;
    private readonly Task _serving;

    /// <summary>The answer maps a packet (without its length) to the packets sent back. The handshake is granted.</summary>
    public ScriptedServer(Func<byte[], IEnumerable<byte[]>> answer)
    {
        _answer = answer;
        _listener.Start();
        _serving = AcceptAsync();
    }

    public string ConnectString => $"127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";
    public Recorder<byte[]> Packets { get; } = new();
    public Recorder<byte[]> Handshakes { get; } = new();
    public byte[] HandshakeAnswer { get; set; } = Hex(
        "00000000" + "00002710" + "00000000000000AB" + "00000010" + "000102030405060708090A0B0C0D0E0F" + "00");

    /// <summary>A client of it, plain in every run.</summary>
    public Task<ZkClient> ConnectAsync(TimeSpan? timeout = null) => SharedServer.ConnectAsync(
        new ZkClientOptions { ConnectString = ConnectString, SessionTimeout = timeout ?? TimeSpan.FromSeconds(10) });

    public static byte[] Hex(string hex) => Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal));

    /// <summary>A reply that echoes the packet's xid, with the given zxid, error and body.</summary>
    public static byte[] Reply(byte[] packet, long zxid, int error, string bodyHex = "")
    {
        byte[] body = Hex(bodyHex);
        byte[] reply = new byte[16 + body.Length];
        packet.AsSpan(0, 4).CopyTo(reply);
        BinaryPrimitives.WriteInt64BigEndian(reply.AsSpan(4), zxid);
        BinaryPrimitives.WriteInt32BigEndian(reply.AsSpan(12), error);
        body.CopyTo(reply, 16);
        return reply;
    }

    public static int Op(byte[] packet) => BinaryPrimitives.ReadInt32BigEndian(packet.AsSpan(4));

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _serving;
        _listener.Stop();
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        List<Task> connections = [];
        try
        {
            while (true)
            {
                TcpClient client = await _listener.AcceptTcpClientAsync(_stop.Token);
                connections.Add(ServeAsync(client));
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(connections);
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                NetworkStream stream = client.GetStream();
                Handshakes.Add(await ReadAsync(stream));
                await WriteAsync(stream, HandshakeAnswer);
                while (true)
                {
                    byte[] packet = await ReadAsync(stream);
                    Packets.Add(packet);
                    foreach (byte[] reply in _answer(packet))
                        await WriteAsync(stream, reply);
                }
            }
            catch (Exception exception) when (exception is IOException or OperationCanceledException)
            {
                // the client left, or the test is over
            }
        }
    }

    private async Task<byte[]> ReadAsync(NetworkStream stream)
    {
        byte[] prefix = new byte[4];
        await stream.ReadExactlyAsync(prefix, _stop.Token);
        byte[] packet = new byte[BinaryPrimitives.ReadInt32BigEndian(prefix)];
        await stream.ReadExactlyAsync(packet, _stop.Token);
        return packet;
    }

    private async Task WriteAsync(NetworkStream stream, byte[] packet)
    {
        byte[] framed = new byte[4 + packet.Length];
        BinaryPrimitives.WriteInt32BigEndian(framed, packet.Length);
        packet.CopyTo(framed, 4);
        await stream.WriteAsync(framed, _stop.Token);
    }
}
