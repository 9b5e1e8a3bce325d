using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using ZkArrow.ArrowC;

namespace ZkArrow.Native;

/// <summary>Builds a small table with no nulls, in one batch: enough for lists, and no more.</summary>
internal sealed unsafe class TableBuilder(int rows)
{
    public const string Signed = "l", Unsigned = "L", MicrosecondsUtc = "tsu:UTC";
    private const int Alignment = 64;

    private readonly List<Column> _columns = [];

    public void AddNumbers(string name, string format, Func<int, long> value)
    {
        long[] numbers = new long[rows];
        for (int i = 0; i < rows; i++)
            numbers[i] = value(i);
        _columns.Add(new Column(name, format, rows, [MemoryMarshal.AsBytes<long>(numbers).ToArray()], []));
    }

    public void AddText(string name, Func<int, string> value) =>
        _columns.Add(TextColumn(name, [.. Enumerable.Range(0, rows).Select(value)]));

    /// <summary>A column of lists of texts.</summary>
    public void AddTexts(string name, Func<int, IReadOnlyList<string>> value)
    {
        (byte[] offsets, string[] items) = Flatten(value);
        _columns.Add(new Column(name, "+l", rows, [offsets], [TextColumn("item", items)]));
    }

    /// <summary>A column of maps from text to text, by key.</summary>
    public void AddMap(string name, Func<int, IReadOnlyDictionary<string, string>> value)
    {
        (byte[] offsets, KeyValuePair<string, string>[] pairs) = Flatten(i => value(i).OrderBy(pair => pair.Key, StringComparer.Ordinal).ToArray());
        Column keys = TextColumn("key", [.. pairs.Select(pair => pair.Key)]), values = TextColumn("value", [.. pairs.Select(pair => pair.Value)]);
        _columns.Add(new Column(name, "+m", rows, [offsets], [new Column("entries", "+s", pairs.Length, [], [keys, values])]));
    }

    /// <summary>The table; the caller holds its one reference.</summary>
    public ArrowTable Build()
    {
        byte* block = (byte*)NativeMemory.AlignedAlloc((nuint)Layout(null, null, null), Alignment);
        ArrowArray array;
        ArrowSchema schema;
        Layout(block, &array, &schema);
        try
        {
            return ArrowTable.FromBatch(&array, &schema);
        }
        finally
        {
            // what was moved into the table is released already; this is for what it refused
            if (array.Release != null)
                array.Release(&array);
        }
    }

    /// <summary>
    /// Writes everything into one block, or only measures it. The schema lies in front of the data: the table copies it,
    /// so that nobody sees it later.
    /// </summary>
    private long Layout(byte* block, ArrowArray* array, ArrowSchema* schema)
    {
        long end = 0;
        Lay(new Column("", "+s", rows, [], _columns), block, ref end, array, schema);
        if (block != null)
        {
            array->Release = &FreeBlock;
            array->PrivateData = block;
        }

        return end;
    }

    /// <summary>One column with its children; the validity that each layout begins with is left out: there are no nulls.</summary>
    private static void Lay(Column column, byte* block, ref long end, ArrowArray* array, ArrowSchema* schema)
    {
        int count = column.Children.Count;
        ArrowArray* arrays = (ArrowArray*)Take(block, ref end, count * sizeof(ArrowArray));
        ArrowSchema* schemas = (ArrowSchema*)Take(block, ref end, count * sizeof(ArrowSchema));
        ArrowArray** children = (ArrowArray**)Take(block, ref end, count * sizeof(nint));
        ArrowSchema** fields = (ArrowSchema**)Take(block, ref end, count * sizeof(nint));
        void** buffers = (void**)Take(block, ref end, (1 + column.Buffers.Length) * sizeof(nint));
        for (int i = 0; i < column.Buffers.Length; i++)
        {
            byte* data = Put(block, ref end, column.Buffers[i]);
            if (block != null)
                buffers[1 + i] = data;
        }

        for (int i = 0; i < count; i++)
        {
            Lay(column.Children[i], block, ref end, arrays + i, schemas + i);
            if (block == null)
                continue;
            children[i] = &arrays[i];
            fields[i] = &schemas[i];
        }

        if (block == null)
            return;
        buffers[0] = null;
        *array = new ArrowArray
        {
            Length = column.Length, NBuffers = 1 + column.Buffers.Length, Buffers = buffers, NChildren = count, Children = children, Release = &ReleaseChild,
        };
        *schema = new ArrowSchema
        {
            Format = StaticText.Of(column.Format), Name = StaticText.Of(column.Name), NChildren = count, Children = fields, Release = &ReleaseSchema,
        };
    }

    private static Column TextColumn(string name, string[] values)
    {
        int[] offsets = new int[values.Length + 1];
        using MemoryStream bytes = new();
        for (int i = 0; i < values.Length; i++)
        {
            bytes.Write(Encoding.UTF8.GetBytes(values[i]));
            offsets[i + 1] = checked((int)bytes.Length);
        }

        return new Column(name, "u", values.Length, [MemoryMarshal.AsBytes<int>(offsets).ToArray(), bytes.ToArray()], []);
    }

    /// <summary>The items of all rows, and where those of each row begin.</summary>
    private (byte[] Offsets, T[] Items) Flatten<T>(Func<int, IReadOnlyList<T>> value)
    {
        int[] offsets = new int[rows + 1];
        List<T> items = [];
        for (int i = 0; i < rows; i++)
        {
            items.AddRange(value(i));
            offsets[i + 1] = items.Count;
        }

        return (MemoryMarshal.AsBytes<int>(offsets).ToArray(), [.. items]);
    }

    private static byte* Take(byte* block, ref long end, long size)
    {
        long start = end;
        end += (size + Alignment - 1) / Alignment * Alignment;
        return block + start;
    }

    private static byte* Put(byte* block, ref long end, byte[] bytes)
    {
        // a buffer of no bytes still has an address
        byte* target = Take(block, ref end, Math.Max(bytes.Length, 1));
        if (block != null)
            bytes.CopyTo(new Span<byte>(target, bytes.Length));
        return target;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void FreeBlock(ArrowArray* array)
    {
        void* block = array->PrivateData;
        array->Release = null;
        NativeMemory.AlignedFree(block);
    }

    /// <summary>Columns lie in the block of their table, which frees them.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void ReleaseChild(ArrowArray* array) => array->Release = null;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void ReleaseSchema(ArrowSchema* schema) => schema->Release = null;

    private sealed record Column(string Name, string Format, int Length, byte[][] Buffers, IReadOnlyList<Column> Children);
}
