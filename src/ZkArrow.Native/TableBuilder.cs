using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using ZkArrow.ArrowC;

namespace ZkArrow.Native;

/// <summary>Builds a small table with no nulls, in one batch: enough for lists, and no more.</summary>
internal sealed unsafe class TableBuilder(int rows)
{
    public const string Signed = "l", Unsigned = "L", MicrosecondsUtc = "tsu:UTC";
    private const string Text = "u";
    private const int Alignment = 64;

    private readonly List<Column> _columns = [];

    public void AddNumbers(string name, string format, Func<int, long> value)
    {
        long[] numbers = new long[rows];
        for (int i = 0; i < rows; i++)
            numbers[i] = value(i);
        _columns.Add(new Column(name, format, MemoryMarshal.AsBytes<long>(numbers).ToArray(), null));
    }

    public void AddText(string name, Func<int, string> value)
    {
        int[] offsets = new int[rows + 1];
        using MemoryStream bytes = new();
        for (int i = 0; i < rows; i++)
        {
            bytes.Write(Encoding.UTF8.GetBytes(value(i)));
            offsets[i + 1] = checked((int)bytes.Length);
        }

        _columns.Add(new Column(name, Text, MemoryMarshal.AsBytes<int>(offsets).ToArray(), bytes.ToArray()));
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
        ArrowArray* arrays = (ArrowArray*)Take(block, ref end, _columns.Count * sizeof(ArrowArray));
        ArrowSchema* schemas = (ArrowSchema*)Take(block, ref end, _columns.Count * sizeof(ArrowSchema));
        ArrowArray** children = (ArrowArray**)Take(block, ref end, _columns.Count * sizeof(nint));
        ArrowSchema** fields = (ArrowSchema**)Take(block, ref end, _columns.Count * sizeof(nint));
        void** none = (void**)Take(block, ref end, sizeof(nint));
        if (block != null)
        {
            *none = null;
            *array = new ArrowArray { Length = rows, NBuffers = 1, Buffers = none, NChildren = _columns.Count, Children = children, Release = &FreeBlock, PrivateData = block };
            *schema = new ArrowSchema { Format = StaticText.Of("+s"), Name = StaticText.Of(""), NChildren = _columns.Count, Children = fields, Release = &ReleaseSchema };
        }

        for (int i = 0; i < _columns.Count; i++)
        {
            Column column = _columns[i];
            int count = column.Data == null ? 2 : 3;
            void** buffers = (void**)Take(block, ref end, count * sizeof(nint));
            byte* first = Put(block, ref end, column.First);
            byte* data = column.Data == null ? null : Put(block, ref end, column.Data);
            if (block == null)
                continue;
            buffers[0] = null;
            buffers[1] = first;
            if (column.Data != null)
                buffers[2] = data;
            children[i] = &arrays[i];
            fields[i] = &schemas[i];
            arrays[i] = new ArrowArray { Length = rows, NBuffers = count, Buffers = buffers, Release = &ReleaseChild };
            schemas[i] = new ArrowSchema { Format = StaticText.Of(column.Format), Name = StaticText.Of(column.Name), Release = &ReleaseSchema };
        }

        return end;
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

    private sealed record Column(string Name, string Format, byte[] First, byte[]? Data);
}
