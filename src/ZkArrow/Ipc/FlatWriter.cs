using System.Buffers.Binary;

namespace ZkArrow.Ipc;

/// <summary>
/// Writes FlatBuffers, the encoding of Arrow's metadata, from the end to the front: what is referred to is written before
/// what refers to it. Positions are counted from the end of the buffer.
/// </summary>
internal sealed class FlatWriter
{
    private byte[] _buffer = new byte[1024];
    private int _head = 1024;
    private readonly int[] _slots = new int[8];
    private int _slotCount;
    private int _tableEnd;

    private int Position => _buffer.Length - _head;

    /// <summary>A string or any bytes, which gets a closing zero.</summary>
    public int Bytes(ReadOnlySpan<byte> bytes)
    {
        Align(4, bytes.Length + 1);
        _head -= bytes.Length + 1;
        bytes.CopyTo(_buffer.AsSpan(_head));
        _buffer[_head + bytes.Length] = 0;
        return Int(bytes.Length);
    }

    /// <summary>A vector of references.</summary>
    public int References(ReadOnlySpan<int> targets)
    {
        Align(4, 4 * targets.Length);
        for (int i = targets.Length - 1; i >= 0; i--) Int(Position + 4 - targets[i]);
        return Int(targets.Length);
    }

    /// <summary>A vector of 32-bit numbers.</summary>
    public int Ints(ReadOnlySpan<int> values)
    {
        Align(4, 4 * values.Length);
        for (int i = values.Length - 1; i >= 0; i--) Int(values[i]);
        return Int(values.Length);
    }

    /// <summary>A vector of structs, each of some 64-bit words.</summary>
    public int Structs(ReadOnlySpan<long> words, int wordsEach)
    {
        Align(8, checked(8 * words.Length));
        for (int i = words.Length - 1; i >= 0; i--)
        {
            _head -= 8;
            BinaryPrimitives.WriteInt64LittleEndian(_buffer.AsSpan(_head), words[i]);
        }
        return Int(words.Length / wordsEach);
    }

    public void StartTable(int count)
    {
        Array.Clear(_slots);
        _slotCount = count;
        _tableEnd = Position;
    }

    public void AddBool(int slot, bool value)
    {
        if (value) AddByte(slot, 1);
    }

    public void AddByte(int slot, byte value)
    {
        Align(1, 0, 1);
        _buffer[--_head] = value;
        _slots[slot] = Position;
    }

    public void AddShort(int slot, short value)
    {
        Align(2, 0, 2);
        _head -= 2;
        BinaryPrimitives.WriteInt16LittleEndian(_buffer.AsSpan(_head), value);
        _slots[slot] = Position;
    }

    public void AddInt(int slot, int value)
    {
        Align(4, 0, 4);
        _slots[slot] = Int(value);
    }

    public void AddLong(int slot, long value)
    {
        Align(8, 0, 8);
        _head -= 8;
        BinaryPrimitives.WriteInt64LittleEndian(_buffer.AsSpan(_head), value);
        _slots[slot] = Position;
    }

    /// <summary>A reference to what was written before; 0 stands for nothing.</summary>
    public void AddReference(int slot, int target)
    {
        if (target == 0) return;
        Align(4, 0, 4);
        _slots[slot] = Int(Position + 4 - target);
    }

    public int EndTable()
    {
        Align(4, 0, 4);
        int table = Int(0);
        int used = _slotCount;
        while (used > 0 && _slots[used - 1] == 0) used--;
        Reserve(2 * (used + 2));
        for (int i = used - 1; i >= 0; i--) Short(_slots[i] == 0 ? 0 : table - _slots[i]);
        Short(table - _tableEnd);
        Short(2 * (used + 2));
        BinaryPrimitives.WriteInt32LittleEndian(_buffer.AsSpan(_buffer.Length - table), Position - table);
        return table;
    }

    /// <summary>The finished bytes: a multiple of 8 long, so that they stay aligned wherever they are put at a multiple of 8.</summary>
    public byte[] Finish(int root)
    {
        Align(8, 4);
        Reserve(4);
        Int(Position + 4 - root);
        return _buffer[_head..];
    }

    /// <summary>Makes room, and pads so that after <paramref name="following"/> bytes the position is a multiple.</summary>
    private void Align(int alignment, int following, int size = 0)
    {
        int padding = -(Position + following + size) & (alignment - 1);
        Reserve(checked(padding + following + size + 8));
        _head -= padding;
        _buffer.AsSpan(_head, padding).Clear();
    }

    private void Reserve(int bytes)
    {
        if (_head >= bytes) return;
        int used = Position;
        int size = _buffer.Length;
        while (size - used < bytes) size = checked(size * 2);
        var larger = new byte[size];
        _buffer.AsSpan(_head).CopyTo(larger.AsSpan(size - used));
        _head = size - used;
        _buffer = larger;
    }

    private int Int(int value)
    {
        _head -= 4;
        BinaryPrimitives.WriteInt32LittleEndian(_buffer.AsSpan(_head), value);
        return Position;
    }

    private void Short(int value)
    {
        _head -= 2;
        BinaryPrimitives.WriteUInt16LittleEndian(_buffer.AsSpan(_head), checked((ushort)value));
    }
}
