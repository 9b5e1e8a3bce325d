using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using ZkArrow.ArrowC;

namespace ZkArrow.Fuzz;

/// <summary>
/// Makes structs and buffers in one block. Every buffer, text and list is larger than its table needs and zero behind
/// it, so that what no check could find out (that memory is as long as a struct says) stays true for small changes.
/// </summary>
internal static unsafe class StructArena
{
    /// <summary>Bytes of every buffer, and of every metadata.</summary>
    public const int BufferBytes = 4096;
    /// <summary>Entries of every list of children or buffers; those not used are NULL.</summary>
    public const int ListEntries = 8;
    public const int TextBytes = 64;
    private const int Capacity = 4 << 20;

    private static readonly byte* Start = (byte*)NativeMemory.AlignedAlloc(Capacity, 64);
    private static byte* _next = Start + Capacity;
    private static int _arraysReleased, _schemasReleased;

    /// <summary>Forgets all that was made.</summary>
    public static void Clear()
    {
        NativeMemory.Clear(Start, (nuint)(_next - Start));
        _next = Start;
        _arraysReleased = _schemasReleased = 0;
    }

    public static void* Buffer() => Take(BufferBytes);

    public static ArrowSchema* Schema(string format, string name)
    {
        var schema = (ArrowSchema*)Take(sizeof(ArrowSchema));
        schema->Format = Text(format);
        schema->Name = Text(name);
        schema->Children = (ArrowSchema**)Take(ListEntries * sizeof(void*));
        schema->Flags = ArrowSchema.FlagNullable;
        schema->Release = &ReleaseSchema;
        return schema;
    }

    public static ArrowArray* Array(long length, int buffers)
    {
        var array = (ArrowArray*)Take(sizeof(ArrowArray));
        array->Length = length;
        array->NBuffers = buffers;
        array->Buffers = (void**)Take(ListEntries * sizeof(void*));
        for (int i = 0; i < buffers; i++) array->Buffers[i] = Buffer();
        array->Children = (ArrowArray**)Take(ListEntries * sizeof(void*));
        array->Release = &ReleaseArray;
        return array;
    }

    public static byte* Text(string text)
    {
        var copy = (byte*)Take(TextBytes);
        Encoding.UTF8.GetBytes(text, new Span<byte>(copy, TextBytes - 1));
        return copy;
    }

    /// <summary>Throws unless both roots were released so many times.</summary>
    public static void AssertReleased(int times)
    {
        if ((_schemasReleased, _arraysReleased) != (times, times))
            throw new InvalidOperationException($"{_schemasReleased} schemas and {_arraysReleased} arrays were released instead of {times}");
    }

    private static void* Take(int bytes)
    {
        byte* taken = _next;
        _next += (bytes + 63) & ~63;
        if (_next > Start + Capacity) throw new InvalidOperationException("the arena was too small");
        return taken;
    }

    // as a producer does that owns all of a tree by its root: only roots are released by who takes them
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void ReleaseSchema(ArrowSchema* schema)
    {
        schema->Release = null;
        _schemasReleased++;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void ReleaseArray(ArrowArray* array)
    {
        array->Release = null;
        _arraysReleased++;
    }
}
