using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace ZkArrow.ZooKeeper.Protocol;

/// <summary>
/// Writes one length-prefixed packet into a pooled buffer. Past the limit it only counts, so that a request that is
/// far too large costs no memory before it is refused.
/// </summary>
internal struct JuteWriter
{
    private const int PrefixLength = 4;
    private readonly int _limit;
    private byte[] _buffer;
    private long _length;

    public JuteWriter(int limit)
    {
        _limit = limit;
        _buffer = ArrayPool<byte>.Shared.Rent(256);
        _length = PrefixLength;
    }

    /// <summary>Bytes after the prefix.</summary>
    public readonly long PacketLength => _length - PrefixLength;

    public readonly bool IsTooLarge => PacketLength > _limit;

    public void WriteInt(int value)
    {
        if (Take(4, out Span<byte> target))
            BinaryPrimitives.WriteInt32BigEndian(target, value);
    }

    public void WriteLong(long value)
    {
        if (Take(8, out Span<byte> target))
            BinaryPrimitives.WriteInt64BigEndian(target, value);
    }

    public void WriteBool(bool value)
    {
        if (Take(1, out Span<byte> target))
            target[0] = value ? (byte)1 : (byte)0;
    }

    public void WriteBuffer(ReadOnlySpan<byte> value)
    {
        WriteInt(value.Length);
        if (Take(value.Length, out Span<byte> target))
            value.CopyTo(target);
    }

    public void WriteString(string value)
    {
        int bytes = Encoding.UTF8.GetByteCount(value);
        WriteInt(bytes);
        if (Take(bytes, out Span<byte> target))
            Encoding.UTF8.GetBytes(value, target);
    }

    public void WriteNullableString(string? value)
    {
        if (value is null)
            WriteInt(-1);
        else
            WriteString(value);
    }

    /// <summary>Writes two strings as one.</summary>
    public void WriteString(string start, string rest)
    {
        int startBytes = Encoding.UTF8.GetByteCount(start);
        int bytes = startBytes + Encoding.UTF8.GetByteCount(rest);
        WriteInt(bytes);
        if (!Take(bytes, out Span<byte> target))
            return;
        Encoding.UTF8.GetBytes(start, target);
        Encoding.UTF8.GetBytes(rest, target[startBytes..]);
    }

    /// <summary>Closes the packet; the caller owns the buffer and returns it to the shared pool.</summary>
    public readonly Packet Finish()
    {
        if (IsTooLarge)
            throw new InvalidOperationException("A packet over the limit was finished.");
        BinaryPrimitives.WriteInt32BigEndian(_buffer, (int)PacketLength);
        return new Packet(_buffer, (int)_length);
    }

    /// <summary>Gives the buffer back without making a packet.</summary>
    public readonly void Discard() => ArrayPool<byte>.Shared.Return(_buffer);

    private bool Take(int count, out Span<byte> target)
    {
        long end = _length + count;
        if (end - PrefixLength > _limit)
        {
            _length = end;
            target = default;
            return false;
        }

        if (end > _buffer.Length)
            Grow((int)end);
        target = _buffer.AsSpan((int)_length, count);
        _length = end;
        return true;
    }

    private void Grow(int needed)
    {
        byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Max(needed, _buffer.Length * 2));
        _buffer.AsSpan(0, (int)_length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = larger;
    }
}

/// <summary>A packet with its length prefix, in a buffer of the shared pool.</summary>
internal readonly record struct Packet(byte[] Buffer, int Length)
{
    public ReadOnlySpan<byte> Span => Buffer.AsSpan(0, Length);

    /// <summary>The xid is only known when the packet is sent.</summary>
    public void SetXid(int xid) => BinaryPrimitives.WriteInt32BigEndian(Buffer.AsSpan(4), xid);

    public void Return() => ArrayPool<byte>.Shared.Return(Buffer);
}
