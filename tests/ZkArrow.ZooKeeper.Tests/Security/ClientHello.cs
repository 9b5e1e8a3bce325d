using System.Buffers.Binary;

namespace ZkArrow.ZooKeeper.Tests.Security;

/// <summary>The first message of a TLS client (RFC 8446, section 4.1.2).</summary>
internal static class ClientHello
{
    private const int SupportedVersions = 43;

    /// <summary>The versions a client offers.</summary>
    public static async Task<ushort[]> ReadVersionsAsync(Stream stream, CancellationToken cancellation)
    {
        byte[] header = new byte[5];
        await stream.ReadExactlyAsync(header, cancellation);
        byte[] record = new byte[BinaryPrimitives.ReadUInt16BigEndian(header.AsSpan(3))];
        await stream.ReadExactlyAsync(record, cancellation);

        int at = 4; // the message's own header
        ushort legacy = Short(ref at);
        at += 32; // random
        at += 1 + record[at]; // session
        int suites = Short(ref at);
        at += suites;
        at += 1 + record[at]; // compressions
        int end = Short(ref at);
        end += at;
        while (at < end)
        {
            int type = Short(ref at);
            int length = Short(ref at);
            if (type == SupportedVersions)
                return [.. record[(at + 1)..(at + length)].Chunk(2).Select(static pair => BinaryPrimitives.ReadUInt16BigEndian(pair))];
            at += length;
        }

        return [legacy];

        ushort Short(ref int position)
        {
            ushort value = BinaryPrimitives.ReadUInt16BigEndian(record.AsSpan(position));
            position += 2;
            return value;
        }
    }
}
