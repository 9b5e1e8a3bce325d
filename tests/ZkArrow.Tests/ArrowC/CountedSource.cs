using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ZkArrow.ArrowC;

namespace ZkArrow.Tests.ArrowC;

/// <summary>
/// A producer written from the specification alone, with one allocation per struct and buffer as C code has, that counts what
/// was not released yet. Columns are in turn int64 and utf8, or as the given shape says.
/// </summary>
internal static unsafe class CountedSource
{
    private static long _live;
    private static int _lastReleaseThread;

    /// <summary>Structs that were not released.</summary>
    public static long Live => Interlocked.Read(ref _live);

    public static int LastReleaseThread => Volatile.Read(ref _lastReleaseThread);

    public static void Schema(ArrowSchema* target, int columns)
    {
        Schema(target, "+s", "", 0, columns);
        for (int i = 0; i < columns; i++) Schema(target->Children[i], i % 2 == 0 ? "l" : "u", $"c{i}", ArrowSchema.FlagNullable, 0);
    }

    public static void Schema(ArrowSchema* target, string format, string name, long flags, int children)
    {
        *target = default;
        target->Format = Text(format);
        target->Name = Text(name);
        target->Flags = flags;
        target->NChildren = children;
        if (children > 0)
        {
            target->Children = (ArrowSchema**)NativeMemory.Alloc((nuint)(children * sizeof(void*)));
            for (int i = 0; i < children; i++) target->Children[i] = (ArrowSchema*)NativeMemory.AllocZeroed((nuint)sizeof(ArrowSchema));
        }
        target->Release = &ReleaseSchema;
        Interlocked.Increment(ref _live);
    }

    /// <summary>A batch whose int64 at row r is r, and whose utf8 at row r is r in decimal digits.</summary>
    public static void Batch(ArrowArray* target, int columns, int rows)
    {
        Array(target, rows, [0], columns);
        for (int i = 0; i < columns; i++)
        {
            if (i % 2 == 0) Array(target->Children[i], rows, [0, Numbers(rows)], 0);
            else Texts(target->Children[i], rows);
        }
    }

    /// <summary>One struct that owns its buffers, which come from <see cref="NativeMemory"/>.</summary>
    public static void Array(ArrowArray* target, long length, nint[] buffers, int children, long nullCount = 0)
    {
        *target = default;
        target->Length = length;
        target->NullCount = nullCount;
        target->NBuffers = buffers.Length;
        target->Buffers = (void**)NativeMemory.Alloc((nuint)(Math.Max(1, buffers.Length) * sizeof(void*)));
        for (int i = 0; i < buffers.Length; i++) target->Buffers[i] = (void*)buffers[i];
        target->NChildren = children;
        if (children > 0)
        {
            target->Children = (ArrowArray**)NativeMemory.Alloc((nuint)(children * sizeof(void*)));
            for (int i = 0; i < children; i++) target->Children[i] = (ArrowArray*)NativeMemory.AllocZeroed((nuint)sizeof(ArrowArray));
        }
        target->Release = &ReleaseArray;
        Interlocked.Increment(ref _live);
    }

    public static nint Buffer(ReadOnlySpan<byte> bytes)
    {
        var buffer = (byte*)NativeMemory.AlignedAlloc((nuint)Math.Max(1, bytes.Length), 64);
        bytes.CopyTo(new Span<byte>(buffer, bytes.Length));
        return (nint)buffer;
    }

    /// <summary>A table of one batch.</summary>
    public static ArrowTable Table(int columns, int rows)
    {
        ArrowSchema schema;
        ArrowArray array;
        Schema(&schema, columns);
        Batch(&array, columns, rows);
        return ArrowTable.FromBatch(&array, &schema);
    }

    private static nint Numbers(int rows) =>
        Buffer(MemoryMarshal.AsBytes(Enumerable.Range(0, rows).Select(i => (long)i).ToArray().AsSpan()));

    private static void Texts(ArrowArray* target, int rows)
    {
        var offsets = new int[rows + 1];
        var data = new List<byte>();
        for (int i = 0; i < rows; i++)
        {
            data.AddRange(System.Text.Encoding.UTF8.GetBytes($"{i}"));
            offsets[i + 1] = data.Count;
        }
        Array(target, rows, [0, Buffer(MemoryMarshal.AsBytes(offsets.AsSpan())), Buffer(data.ToArray())], 0);
    }

    private static byte* Text(string text)
    {
        byte[] bytes = System.Text.Encoding.UTF8.GetBytes(text);
        var copy = (byte*)NativeMemory.AllocZeroed((nuint)bytes.Length + 1);
        bytes.CopyTo(new Span<byte>(copy, bytes.Length));
        return copy;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void ReleaseSchema(ArrowSchema* schema)
    {
        for (long i = 0; i < schema->NChildren; i++)
        {
            if (schema->Children[i]->Release != null) schema->Children[i]->Release(schema->Children[i]);
            NativeMemory.Free(schema->Children[i]);
        }
        if (schema->Dictionary != null)
        {
            if (schema->Dictionary->Release != null) schema->Dictionary->Release(schema->Dictionary);
            NativeMemory.Free(schema->Dictionary);
        }
        NativeMemory.Free(schema->Children);
        NativeMemory.Free(schema->Format);
        NativeMemory.Free(schema->Name);
        NativeMemory.Free(schema->Metadata);
        schema->Release = null;
        Interlocked.Decrement(ref _live);
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void ReleaseArray(ArrowArray* array)
    {
        for (long i = 0; i < array->NChildren; i++)
        {
            if (array->Children[i]->Release != null) array->Children[i]->Release(array->Children[i]);
            NativeMemory.Free(array->Children[i]);
        }
        if (array->Dictionary != null)
        {
            if (array->Dictionary->Release != null) array->Dictionary->Release(array->Dictionary);
            NativeMemory.Free(array->Dictionary);
        }
        NativeMemory.Free(array->Children);
        for (long i = 0; i < array->NBuffers; i++) NativeMemory.AlignedFree(array->Buffers[i]);
        NativeMemory.Free(array->Buffers);
        array->Release = null;
        Volatile.Write(ref _lastReleaseThread, Environment.CurrentManagedThreadId);
        Interlocked.Decrement(ref _live);
    }
}
