using System.Runtime.CompilerServices;
using ZkArrow.ArrowC;

namespace ZkArrow.Ipc;

/// <summary>
/// A table of a FlatBuffer that nobody vouches for: every step checks that it stays inside the buffer, so that a reader
/// built on it can follow any bytes whatever.
/// </summary>
internal readonly unsafe struct FlatTable
{
    private readonly byte* _start;
    private readonly long _length;
    private readonly long _position;
    private readonly long _fields;
    private readonly int _fieldCount;
    private readonly int _tableSize;

    private FlatTable(byte* start, long length, long position)
    {
        _start = start;
        _length = length;
        _position = position;
        Need(position, 4);
        long vtable = position - Unsafe.ReadUnaligned<int>(start + position);
        Need(vtable, 4);
        int vtableSize = Unsafe.ReadUnaligned<ushort>(start + vtable);
        _tableSize = Unsafe.ReadUnaligned<ushort>(start + vtable + 2);
        if (vtableSize < 4 || (vtableSize & 1) != 0 || _tableSize < 4) throw Bad();
        Need(vtable, vtableSize);
        Need(position, _tableSize);
        _fields = vtable + 4;
        _fieldCount = (vtableSize - 4) / 2;
    }

    /// <summary>The root table of a buffer.</summary>
    public static FlatTable Root(byte* start, long length)
    {
        if (length < 8) throw Bad();
        return new FlatTable(start, length, Unsafe.ReadUnaligned<uint>(start));
    }

    public byte Byte(int slot, byte missing = 0) => Field(slot, 1) is long at and > 0 ? _start[at] : missing;

    public bool Bool(int slot) => Byte(slot) != 0;

    public short Short(int slot, short missing = 0) =>
        Field(slot, 2) is long at and > 0 ? Unsafe.ReadUnaligned<short>(_start + at) : missing;

    public int Int(int slot, int missing = 0) =>
        Field(slot, 4) is long at and > 0 ? Unsafe.ReadUnaligned<int>(_start + at) : missing;

    public long Long(int slot, long missing = 0) =>
        Field(slot, 8) is long at and > 0 ? Unsafe.ReadUnaligned<long>(_start + at) : missing;

    public bool Has(int slot) => Field(slot, 4) > 0;

    /// <summary>The table a field refers to; it must be there.</summary>
    public FlatTable Table(int slot)
    {
        long at = Field(slot, 4);
        return at > 0 ? new FlatTable(_start, _length, Target(at)) : throw Bad();
    }

    /// <summary>The bytes of a string field; none when it is missing.</summary>
    public ReadOnlySpan<byte> Bytes(int slot)
    {
        FlatVector vector = Vector(slot, 1);
        return vector.Count == 0 ? [] : new ReadOnlySpan<byte>(vector.Items, checked((int)vector.Count));
    }

    /// <summary>A vector field of items of some size; empty when it is missing.</summary>
    public FlatVector Vector(int slot, int itemSize)
    {
        long at = Field(slot, 4);
        if (at == 0) return default;
        long vector = Target(at);
        Need(vector, 4);
        long count = Unsafe.ReadUnaligned<uint>(_start + vector);
        Need(vector + 4, count * itemSize);
        return new FlatVector(_start + vector + 4, count);
    }

    /// <summary>The table that an item of a vector of references refers to.</summary>
    public FlatTable Item(FlatVector vector, long index) =>
        new(_start, _length, Target(vector.Items + (4 * index) - _start));

    private long Field(int slot, int size)
    {
        if (slot >= _fieldCount) return 0;
        int offset = Unsafe.ReadUnaligned<ushort>(_start + _fields + (2 * slot));
        if (offset == 0) return 0;
        return offset >= 4 && offset + size <= _tableSize ? _position + offset : throw Bad();
    }

    private long Target(long at) => at + Unsafe.ReadUnaligned<uint>(_start + at);

    private void Need(long at, long size)
    {
        if (at < 0 || size > _length || at > _length - size) throw Bad();
    }

    private static ZkArrowException Bad() => ArrowFailure.Corrupt("The Arrow metadata pointed outside of itself.");
}

/// <summary>A vector that was checked to lie inside its buffer.</summary>
internal readonly unsafe struct FlatVector(byte* items, long count)
{
    public byte* Items { get; } = items;

    public long Count { get; } = count;

    /// <summary>The 64-bit word at a place, of a vector of structs of such words.</summary>
    public long Word(long index) => Unsafe.ReadUnaligned<long>(Items + (8 * index));
}
