using System.Diagnostics.CodeAnalysis;
using ZkArrow.ArrowC;

namespace ZkArrow.Ipc;

/// <summary>The different values of several dictionaries of one type, each with the place it has in the one made of them.</summary>
internal sealed unsafe class ValueSet
{
    private readonly Dictionary<byte[], int> _places = new(new BytesComparer());
    private readonly ValueKey _key = new();
    private readonly SchemaNode _node;

    /// <summary>Begins with all values of an array, which stay where they are.</summary>
    public ValueSet(ArrowArray* first, SchemaNode node)
    {
        _node = node;
        Values.Add(first, first->Offset, first->Length);
        Dictionary<byte[], int>.AlternateLookup<ReadOnlySpan<byte>> places = _places.GetAlternateLookup<ReadOnlySpan<byte>>();
        for (int i = 0; i < checked((int)first->Length); i++) places.TryAdd(_key.Of(first, first->Offset + i, node), i);
    }

    /// <summary>Where the values are, in the order of their places.</summary>
    public ArrayRanges Values { get; } = new();

    /// <summary>Adds the values that are new; returns the place of each, or null when all stay where they are.</summary>
    public int[]? Add(ArrowArray* array)
    {
        var map = new int[checked((int)array->Length)];
        bool moved = false;
        Dictionary<byte[], int>.AlternateLookup<ReadOnlySpan<byte>> places = _places.GetAlternateLookup<ReadOnlySpan<byte>>();
        for (int i = 0; i < map.Length; i++)
        {
            ReadOnlySpan<byte> key = _key.Of(array, array->Offset + i, _node);
            if (!places.TryGetValue(key, out map[i]))
            {
                map[i] = checked((int)Values.Length);
                places[key] = map[i];
                Values.Add(array, array->Offset + i, 1);
            }
            moved |= map[i] != i;
        }
        return moved ? map : null;
    }

    private sealed class BytesComparer : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
    {
        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

        public int GetHashCode([DisallowNull] byte[] obj) => GetHashCode(obj.AsSpan());

        public int GetHashCode(ReadOnlySpan<byte> alternate)
        {
            var hash = default(HashCode);
            hash.AddBytes(alternate);
            return hash.ToHashCode();
        }

        public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();
    }
}
