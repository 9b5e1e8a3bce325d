using System.Buffers.Binary;
using System.Text;

namespace ZkArrow.ZooKeeper.Protocol;

/// <summary>Reads the fields of one packet. Whatever the bytes are, it ends or throws <see cref="ZkProtocolException"/>.</summary>
internal ref struct JuteReader(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _rest = bytes;

    public readonly int Remaining => _rest.Length;

    public int ReadInt() => BinaryPrimitives.ReadInt32BigEndian(Take(4));

    public long ReadLong() => BinaryPrimitives.ReadInt64BigEndian(Take(8));

    public bool ReadBool() => Take(1)[0] != 0;

    /// <summary>A buffer; null stays empty, as nobody can tell them apart in a node.</summary>
    public ReadOnlySpan<byte> ReadBuffer()
    {
        int length = ReadInt();
        return length == -1 ? default : Take(length);
    }

    public string ReadString()
    {
        int length = ReadInt();
        return length == -1 ? "" : Encoding.UTF8.GetString(Take(length));
    }

    /// <summary>Reads a count, and refuses one that the rest of the packet cannot hold.</summary>
    public int ReadCount(int bytesPerItem)
    {
        int count = ReadInt();
        if (count == -1)
            return 0;
        if (count < 0 || count > _rest.Length / bytesPerItem)
            throw new ZkProtocolException($"The server sent a list of {count} items in a packet with {_rest.Length} bytes left.");
        return count;
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        if ((uint)count > (uint)_rest.Length)
            throw new ZkProtocolException($"The server sent a packet that ends {_rest.Length} bytes into a field of {count}.");
        ReadOnlySpan<byte> taken = _rest[..count];
        _rest = _rest[count..];
        return taken;
    }
}
