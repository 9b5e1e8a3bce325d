using System.Buffers.Binary;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using ZkArrow.Testing;
using ZkArrow.ZooKeeper.Protocol;
using ZkArrow.ZooKeeper.Session;

namespace ZkArrow.ZooKeeper.Tests;

/// <summary>A second connection with a session's id and password, as no client should ever make one.</summary>
internal static class RawSession
{
    /// <summary>Closes the session behind its client's back.</summary>
    public static Task CloseAsync(ZooKeeperServer server, ZkSession session) => WithAsync(server, session, static async stream =>
    {
        JuteWriter close = Requests.Start(OpCode.CloseSession, 100, xid: 1);
        await SendAsync(stream, close.Finish());
        await ReadAsync(stream);
    });

    /// <summary>Moves the session to this server and leaves.</summary>
    public static Task MoveAsync(ZooKeeperServer server, ZkSession session) =>
        WithAsync(server, session, static _ => Task.CompletedTask);

    private static async Task WithAsync(ZooKeeperServer server, ZkSession session, Func<Stream, Task> act)
    {
        using TcpClient tcp = new();
        await tcp.ConnectAsync(IPAddress.Loopback, server.ClientPort);
        await using Stream stream = RunSecurity.IsOn ? new SslStream(tcp.GetStream()) : tcp.GetStream();
        if (stream is SslStream secured)
            await secured.AuthenticateAsClientAsync(RunSecurity.Tls);
        await SendAsync(stream, new ConnectRequest(0, 10_000, session.SessionId, session.Password).Encode());
        Assert.That(ConnectResponse.Read(await ReadAsync(stream)).IsExpired, Is.False);
        if (RunSecurity.IsOn)
            await ProveAsync(stream);
        await act(stream);
    }

    private static async Task ProveAsync(Stream stream)
    {
        byte[] token = [];
        for (int xid = 1; xid <= 2; xid++)
        {
            JuteWriter writer = Requests.Start(OpCode.Sasl, 64 << 10, xid);
            writer.WriteBuffer(token);
            await SendAsync(stream, writer.Finish());
            byte[] challenge = (await ReadAsync(stream))[20..]; // after the header and the length
            token = xid == 1 ? new DigestMd5(RunSecurity.User, RunSecurity.Password).Respond(challenge) : [];
        }
    }

    private static async Task SendAsync(Stream stream, Packet packet)
    {
        await stream.WriteAsync(packet.Buffer.AsMemory(0, packet.Length));
        packet.Return();
    }

    private static async Task<byte[]> ReadAsync(Stream stream)
    {
        byte[] prefix = new byte[4];
        await stream.ReadExactlyAsync(prefix);
        byte[] packet = new byte[BinaryPrimitives.ReadInt32BigEndian(prefix)];
        await stream.ReadExactlyAsync(packet);
        return packet;
    }
}
