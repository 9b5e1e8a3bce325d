using System.Buffers.Binary;
using ZkArrow.ZooKeeper.Protocol;

namespace ZkArrow.Fuzz;

/// <summary>
/// Packets with good frames, so that mutations reach the bodies. Each begins with a byte for its kind and one for the
/// length of its body, which follows: a reply to the next request (0; 1 with an error in the first byte of the body), a
/// notification (2), the answers to a ping, to credentials and to watches (3, 4, 5), or a whole packet without a header (6, 7).
/// </summary>
internal static class ReplyScript
{
    private static readonly int[] Xids = [0, 0, Xid.Notification, Xid.Ping, Xid.Auth, Xid.SetWatches];

    public static byte[] ToStream(ReadOnlySpan<byte> script)
    {
        MemoryStream stream = new();
        Span<byte> header = stackalloc byte[16];
        int xid = 0;
        while (script.Length >= 2)
        {
            int kind = script[0] & 7;
            int length = Math.Min(script[1], script.Length - 2);
            ReadOnlySpan<byte> body = script.Slice(2, length);
            script = script[(2 + length)..];
            if (kind >= Xids.Length)
            {
                Packet(stream, default, body);
                continue;
            }

            int error = 0;
            if (kind == 1 && body.Length > 0)
            {
                error = -body[0];
                body = body[1..];
            }

            BinaryPrimitives.WriteInt32BigEndian(header, kind <= 1 ? ++xid : Xids[kind]);
            BinaryPrimitives.WriteInt64BigEndian(header[4..], xid);
            BinaryPrimitives.WriteInt32BigEndian(header[12..], error);
            Packet(stream, header, body);
        }

        return stream.ToArray();
    }

    private static void Packet(MemoryStream stream, ReadOnlySpan<byte> header, ReadOnlySpan<byte> body)
    {
        Span<byte> length = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(length, header.Length + body.Length);
        stream.Write(length);
        stream.Write(header);
        stream.Write(body);
    }
}
