using System.Numerics;
using System.Runtime.CompilerServices;

namespace ZkArrow.ArrowC;

/// <summary>Knows for every type the bytes that a range of its values takes. All arithmetic is in 64 bits and checked.</summary>
internal static unsafe class ArrayLayout
{
    /// <summary>The bytes of all buffers of a checked batch, counting only the rows it has.</summary>
    public static long BatchBytes(ArrowArray* array, SchemaNode root) => Bytes(array, root, array->Offset, array->Length);

    /// <summary>The bytes of the values [start, start + length) of an array, with children and dictionary.</summary>
    public static long Bytes(ArrowArray* array, SchemaNode node, long start, long length)
    {
        ArrowType type = node.Type;
        long bytes = type.HasValidity && array->Buffers[0] != null ? BitmapBytes(length) : 0;
        switch (type.Layout)
        {
            case ArrowLayout.Bits:
                bytes += BitmapBytes(length);
                break;
            case ArrowLayout.Fixed:
                bytes += Product(length, type.Width, node);
                break;
            case ArrowLayout.Binary32 or ArrowLayout.Binary64:
                (long first, long last) = Range(array, node, start, length, long.MaxValue);
                bytes += ((length + 1) * type.OffsetWidth) + last - first;
                break;
            case ArrowLayout.View:
                bytes += length * 16;
                var sizes = (long*)array->Buffers[array->NBuffers - 1];
                for (long i = 0; i < array->NBuffers - 3; i++) bytes = Sum(bytes, sizes[i], node);
                break;
            case ArrowLayout.List32 or ArrowLayout.List64 or ArrowLayout.Map:
                (long from, long to) = Range(array, node, start, length, array->Children[0]->Length);
                bytes += (length + 1) * type.OffsetWidth;
                bytes = Sum(bytes, Child(array, node, 0, from, to - from), node);
                break;
            case ArrowLayout.FixedList:
                bytes = Sum(bytes, Child(array, node, 0, Product(start, type.Width, node), Product(length, type.Width, node)), node);
                break;
            case ArrowLayout.Struct or ArrowLayout.SparseUnion:
                bytes += type.Layout == ArrowLayout.SparseUnion ? length : 0;
                for (int i = 0; i < node.Children.Length; i++) bytes = Sum(bytes, Child(array, node, i, start, length), node);
                break;
            default:
                // list views, dense unions and run ends may point anywhere into their children: those count whole
                bytes += type.Layout switch
                {
                    ArrowLayout.ListView32 or ArrowLayout.ListView64 => length * 2 * type.OffsetWidth,
                    ArrowLayout.DenseUnion => length * 5,
                    _ => 0,
                };
                for (int i = 0; i < node.Children.Length; i++) bytes = Sum(bytes, Child(array, node, i, 0, array->Children[i]->Length), node);
                break;
        }
        if (node.Dictionary is null) return bytes;
        return Sum(bytes, Bytes(array->Dictionary, node.Dictionary, array->Dictionary->Offset, array->Dictionary->Length), node);
    }

    /// <summary>
    /// The first and the last offset of a range, checked to lie in order, within <paramref name="limit"/>, and no further than
    /// the last offset of the whole array: that one is known to be good, while those in its middle may be anything.
    /// </summary>
    public static (long First, long Last) Range(ArrowArray* array, SchemaNode node, long start, long length, long limit) =>
        length == 0 ? (0, 0) : RangeWithin(array, node, start, length, Math.Min(limit, Offset(array, node, array->Offset + array->Length)));

    /// <summary>The first and the last offset of a range, where the limit is all that is known to be good.</summary>
    public static (long First, long Last) RangeWithin(ArrowArray* array, SchemaNode node, long start, long length, long limit)
    {
        if (length == 0) return (0, 0);
        long first = Offset(array, node, start);
        long last = Offset(array, node, start + length);
        if (first < 0 || last < first || last > limit)
            throw ArrowFailure.Invalid($"The offsets of {node.Label} went from {first} to {last}, out of their bounds.");
        return (first, last);
    }

    private static long Offset(ArrowArray* array, SchemaNode node, long at) =>
        node.Type.OffsetWidth == 4 ? ((int*)array->Buffers[1])[at] : ((long*)array->Buffers[1])[at];

    /// <summary>The part of the child that a range of list views refers to, checked to lie inside of it.</summary>
    public static (long First, long Last) ListViewRange(ArrowArray* array, SchemaNode node, long start, long length)
    {
        long first = long.MaxValue, last = 0, limit = array->Children[0]->Length;
        bool inside = true;
        for (long i = start; i < start + length; i++)
        {
            (long offset, long size) = ListView(array, node, i);
            inside &= offset >= 0 && size >= 0 && size <= limit - offset;
            first = Math.Min(first, offset);
            last = Math.Max(last, offset + size);
        }
        if (!inside) throw ArrowFailure.Invalid($"An offset or size of {node.Label} led out of its {limit} values.");
        return length == 0 ? (0, 0) : (first, last);
    }

    /// <summary>Where the list at a place begins in the child, and how long it is.</summary>
    public static (long Offset, long Size) ListView(ArrowArray* array, SchemaNode node, long at) => node.Type.OffsetWidth == 4
        ? (((int*)array->Buffers[1])[at], ((int*)array->Buffers[2])[at])
        : (((long*)array->Buffers[1])[at], ((long*)array->Buffers[2])[at]);

    /// <summary>How many of the values [start, start + length) are null, counted where the producer did not say.</summary>
    public static long CountNulls(ArrowArray* array, SchemaNode node, long start, long length)
    {
        if (node.Type.Layout == ArrowLayout.Null) return length;
        if (!node.Type.HasValidity || array->NullCount == 0 || array->Buffers[0] == null) return 0;
        return length - CountBits((byte*)array->Buffers[0], start, length);
    }

    /// <summary>The set bits of a range of a bitmap.</summary>
    public static long CountBits(byte* bits, long start, long length)
    {
        long set = 0;
        long at = start;
        long end = start + length;
        for (; at < end && (at & 7) != 0; at++) set += (bits[at >> 3] >> (int)(at & 7)) & 1;
        for (; end - at >= 64; at += 64) set += BitOperations.PopCount(Unsafe.ReadUnaligned<ulong>(bits + (at >> 3)));
        for (; at < end; at++) set += (bits[at >> 3] >> (int)(at & 7)) & 1;
        return set;
    }

    public static long BitmapBytes(long bits) => (bits >> 3) + ((bits & 7) != 0 ? 1 : 0);

    /// <summary>A product that may not leave 63 bits.</summary>
    public static long Product(long count, long width, SchemaNode node)
    {
        long high = Math.BigMul(count, width, out long low);
        return high == 0 && low >= 0 ? low : throw Overflow(node);
    }

    private static long Child(ArrowArray* array, SchemaNode node, int i, long start, long length) =>
        Bytes(array->Children[i], node.Children[i], array->Children[i]->Offset + start, length);

    private static long Sum(long a, long b, SchemaNode node)
    {
        long sum = unchecked(a + b);
        return sum >= 0 && b >= 0 ? sum : throw Overflow(node);
    }

    private static ZkArrowException Overflow(SchemaNode node) => ArrowFailure.TooLarge($"The array of {node.Label} was over 2^63 bytes.");
}
