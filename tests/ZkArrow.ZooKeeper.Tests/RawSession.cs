using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using ZkArrow.ZooKeeper.Protocol;
using ZkArrow.ZooKeeper.Session;

namespace ZkArrow.ZooKeeper.Tests;

/// <summary>A second connection with a session's id and password, as no client should ever make one.</summary>
internal static class RawSession
{
    public static async Task CloseAsync(int port, ZkSession session)
    {
        using TcpClient tcp = new();
        await tcp.ConnectAsync(IPAddress.Loopback, port);
        NetworkStream stream = tcp.GetStream();
        await SendAsync(stream, new ConnectRequest(0, 10_000, session.SessionId, session.Password).Encode());
        Assert.That(ConnectResponse.Read(await ReadAsync(stream)).IsExpired, Is.False);
        JuteWriter close = Requests.Start(OpCode.CloseSession, 100, xid: 1);
        await SendAsync(stream, close.Finish());
        await ReadAsync(stream);
    }

    private static async Task SendAsync(NetworkStream stream, Packet packet)
    {
        await stream.WriteAsync(packet.Buffer.AsMemory(0, packet.Length));
        packet.Return();
    }

    private static async Task<byte[]> ReadAsync(NetworkStream stream)
    {
        byte[] prefix = new byte[4];
        await stream.ReadExactlyAsync(prefix);
        byte[] packet = new byte[BinaryPrimitives.ReadInt32BigEndian(prefix)];
        await stream.ReadExactlyAsync(packet);
        return packet;
    }
}
