using ZkArrow.ArrowC;

namespace ZkArrow.Tests.ArrowC;

/// <summary>Compares tables value by value, whatever their batches, offsets and buffers.</summary>
internal static unsafe class Logical
{
    /// <summary>Where two tables differ, or null.</summary>
    public static string? Difference(ArrowTable a, ArrowTable b) => a.Schema.FirstDifference(b.Schema) ?? ValueDifference(a, b);

    /// <summary>Where the values of two tables of the same types differ, or null.</summary>
    public static string? ValueDifference(ArrowTable a, ArrowTable b)
    {
        if (a.Rows != b.Rows) return $"{a.Rows} rows against {b.Rows}";
        var left = new Cursor(a);
        var right = new Cursor(b);
        for (long row = 0; row < a.Rows; row++)
        {
            (nint batchA, long rowA) = left.Next();
            (nint batchB, long rowB) = right.Next();
            if (!SameValue((ArrowArray*)batchA, rowA, (ArrowArray*)batchB, rowB, a.Schema.Root)) return $"row {row}";
        }
        return null;
    }

    /// <summary>Whether the value i of an array equals the value j of another; both count from the array's own offset.</summary>
    public static bool SameValue(ArrowArray* a, long i, ArrowArray* b, long j, SchemaNode node)
    {
        i += a->Offset;
        j += b->Offset;
        bool isNull = IsNull(a, i, node);
        if (isNull || IsNull(b, j, node)) return isNull && IsNull(b, j, node);
        if (node.Dictionary is not null)
            return SameValue(a->Dictionary, Index(a, i, node), b->Dictionary, Index(b, j, node), node.Dictionary);
        ArrowType type = node.Type;
        switch (type.Layout)
        {
            case ArrowLayout.Bits:
                return Bit(a->Buffers[1], i) == Bit(b->Buffers[1], j);
            case ArrowLayout.Fixed:
                return Bytes(a->Buffers[1], i * type.Width, type.Width).SequenceEqual(Bytes(b->Buffers[1], j * type.Width, type.Width));
            case ArrowLayout.Binary32 or ArrowLayout.Binary64:
                (long fromA, long toA) = Range(a, i, type);
                (long fromB, long toB) = Range(b, j, type);
                return Bytes(a->Buffers[2], fromA, toA - fromA).SequenceEqual(Bytes(b->Buffers[2], fromB, toB - fromB));
            case ArrowLayout.List32 or ArrowLayout.List64 or ArrowLayout.Map:
                (long startA, long endA) = Range(a, i, type);
                (long startB, long endB) = Range(b, j, type);
                return SameRange(a, startA, endA - startA, b, startB, endB - startB, node);
            case ArrowLayout.FixedList:
                return SameRange(a, i * type.Width, type.Width, b, j * type.Width, type.Width, node);
            case ArrowLayout.Struct:
                for (int c = 0; c < node.Children.Length; c++)
                {
                    if (!SameValue(a->Children[c], i, b->Children[c], j, node.Children[c])) return false;
                }
                return true;
            case ArrowLayout.View:
                return View(a, i).SequenceEqual(View(b, j));
            case ArrowLayout.ListView32 or ArrowLayout.ListView64:
                (long atA, long sizeA) = ArrayLayout.ListView(a, node, i);
                (long atB, long sizeB) = ArrayLayout.ListView(b, node, j);
                return SameRange(a, atA, sizeA, b, atB, sizeB, node);
            case ArrowLayout.SparseUnion or ArrowLayout.DenseUnion:
                int child = Array.IndexOf(type.UnionIds, ((sbyte*)a->Buffers[0])[i]);
                return child == Array.IndexOf(type.UnionIds, ((sbyte*)b->Buffers[0])[j])
                    && SameValue(a->Children[child], UnionPlace(a, i, type), b->Children[child], UnionPlace(b, j, type), node.Children[child]);
            case ArrowLayout.RunEnd:
                return SameValue(a->Children[1], Run(a, i, node), b->Children[1], Run(b, j, node), node.Children[1]);
            default:
                throw new NotSupportedException(type.Name);
        }
    }

    /// <summary>The bytes of a view.</summary>
    public static ReadOnlySpan<byte> View(ArrowArray* array, long at)
    {
        byte* view = (byte*)array->Buffers[1] + (16 * at);
        int length = *(int*)view;
        return length <= 12 ? new(view + 4, length) : new((byte*)array->Buffers[2 + ((int*)view)[2]] + ((int*)view)[3], length);
    }

    private static long UnionPlace(ArrowArray* array, long at, ArrowType type) =>
        type.Layout == ArrowLayout.DenseUnion ? ((int*)array->Buffers[1])[at] : at;

    /// <summary>The run of a logical place, looked for from the start.</summary>
    private static long Run(ArrowArray* array, long at, SchemaNode node)
    {
        ArrowArray* ends = array->Children[0];
        for (long run = 0; run < ends->Length; run++)
        {
            if (Index(ends, ends->Offset + run, node.Children[0]) > at) return run;
        }
        throw new InvalidOperationException("no run");
    }

    public static bool IsNull(ArrowArray* array, long at, SchemaNode node) =>
        node.Type.Layout == ArrowLayout.Null
        || (node.Type.HasValidity && array->NullCount != 0 && array->Buffers[0] != null && !Bit(array->Buffers[0], at));

    public static (long From, long To) Range(ArrowArray* array, long at, ArrowType type) => type.OffsetWidth == 4
        ? (((int*)array->Buffers[1])[at], ((int*)array->Buffers[1])[at + 1])
        : (((long*)array->Buffers[1])[at], ((long*)array->Buffers[1])[at + 1]);

    public static ReadOnlySpan<byte> Bytes(void* start, long at, long length) => new((byte*)start + at, (int)length);

    public static long Index(ArrowArray* array, long at, SchemaNode node) => node.Type.Format switch
    {
        "c" => ((sbyte*)array->Buffers[1])[at],
        "C" => ((byte*)array->Buffers[1])[at],
        "s" => ((short*)array->Buffers[1])[at],
        "S" => ((ushort*)array->Buffers[1])[at],
        "i" => ((int*)array->Buffers[1])[at],
        "I" => ((uint*)array->Buffers[1])[at],
        _ => ((long*)array->Buffers[1])[at],
    };

    private static bool SameRange(ArrowArray* a, long i, long lengthA, ArrowArray* b, long j, long lengthB, SchemaNode node)
    {
        if (lengthA != lengthB) return false;
        for (long k = 0; k < lengthA; k++)
        {
            if (!SameValue(a->Children[0], i + k, b->Children[0], j + k, node.Children[0])) return false;
        }
        return true;
    }

    private static bool Bit(void* bits, long at) => ((((byte*)bits)[at >> 3] >> (int)(at & 7)) & 1) != 0;

    /// <summary>Walks over the rows of all batches.</summary>
    private sealed class Cursor(ArrowTable table)
    {
        private int _batch;
        private long _row;

        public (nint Batch, long Row) Next()
        {
            while (_row == table.Batches[_batch].Length)
            {
                _batch++;
                _row = 0;
            }
            return ((nint)table.Batches[_batch].View, _row++);
        }
    }
}
