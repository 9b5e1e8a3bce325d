using System.Buffers.Binary;

namespace ZkArrow.Ipc;

/// <summary>
/// Writes FlatBuffers, the encoding of Arrow's metadata, from the end to the front: what is referred to is written before
/// what refers to it. Positions are counted from the end of the buffer.
/// </summary>
internal sealed class FlatWriter
{
    private byte[] buffer = new byte[1024];
    private int head = 1024;
    private readonly int[] slots = new int[8];
    private int slotCount;
    private int tableEnd;

    private int Position => buffer.Length - head;

    /// <summary>A string or any bytes, which gets a closing zero.</summary>
    public int Bytes(ReadOnlySpan<byte> bytes)
    {
        Align(4, bytes.Length + 1);
        head -= bytes.Length + 1;
        bytes.CopyTo(buffer.AsSpan(head));
        buffer[head + bytes.Length] = 0;
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
            head -= 8;
            BinaryPrimitives.WriteInt64LittleEndian(buffer.AsSpan(head), words[i]);
        }
        return Int(words.Length / wordsEach);
    }

    public void StartTable(int count)
    {
        Array.Clear(slots);
        slotCount = count;
        tableEnd = Position;
    }

    public void AddBool(int slot, bool value)
    {
        if (value) AddByte(slot, 1);
    }

    public void AddByte(int slot, byte value)
    {
        Align(1, 0, 1);
        buffer[--head] = value;
        slots[slot] = Position;
    }

    public void AddShort(int slot, short value)
    {
        Align(2, 0, 2);
        head -= 2;
        BinaryPrimitives.WriteInt16LittleEndian(buffer.AsSpan(head), value);
        slots[slot] = Position;
    }

    public void AddInt(int slot, int value)
    {
        Align(4, 0, 4);
        slots[slot] = Int(value);
    }

    public void AddLong(int slot, long value)
    {
        Align(8, 0, 8);
        head -= 8;
        BinaryPrimitives.WriteInt64LittleEndian(buffer.AsSpan(head), value);
        slots[slot] = Position;
    }

    /// <summary>A reference to what was written before; 0 stands for nothing.</summary>
    public void AddReference(int slot, int target)
    {
        if (target == 0) return;
        Align(4, 0, 4);
        slots[slot] = Int(Position + 4 - target);
    }

    public int EndTable()
    {
        Align(4, 0, 4);
        int table = Int(0);
        int used = slotCount;
        while (used > 0 && slots[used - 1] == 0) used--;
        Reserve(2 * (used + 2));
        for (int i = used - 1; i >= 0; i--) Short(slots[i] == 0 ? 0 : table - slots[i]);
        Short(table - tableEnd);
        Short(2 * (used + 2));
        BinaryPrimitives.WriteInt32LittleEndian(buffer.AsSpan(buffer.Length - table), Position - table);
        return table;
    }

    /// <summary>The finished bytes: a multiple of 8 long, so that they stay aligned wherever they are put at a multiple of 8.</summary>
    public byte[] Finish(int root)
    {
        Align(8, 4);
        Reserve(4);
        Int(Position + 4 - root);
        return buffer[head..];
    }

    /// <summary>Makes room, and pads so that after <paramref name="following"/> bytes the position is a multiple.</summary>
    private void Align(int alignment, int following, int size = 0)
    {
        int padding = -(Position + following + size) & (alignment - 1);
        Reserve(checked(padding + following + size + 8));
        head -= padding;
        buffer.AsSpan(head, padding).Clear();
    }

    private void Reserve(int bytes)
    {
        if (head >= bytes) return;
        int used = Position;
        int size = buffer.Length;
        while (size - used < bytes) size = checked(size * 2);
        var larger = new byte[size];
        buffer.AsSpan(head).CopyTo(larger.AsSpan(size - used));
        head = size - used;
        buffer = larger;
    }

    private int Int(int value)
    {
        head -= 4;
        BinaryPrimitives.WriteInt32LittleEndian(buffer.AsSpan(head), value);
        return Position;
    }

    private void Short(int value)
    {
        head -= 2;
        BinaryPrimitives.WriteUInt16LittleEndian(buffer.AsSpan(head), checked((ushort)value));
    }
}
