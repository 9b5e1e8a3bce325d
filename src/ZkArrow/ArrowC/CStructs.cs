using System.Runtime.InteropServices;

namespace ZkArrow.ArrowC;

/// <summary>The schema struct of the Arrow C Data Interface, field for field.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct ArrowSchema
{
    public const long FlagDictionaryOrdered = 1;
    public const long FlagNullable = 2;
    public const long FlagMapKeysSorted = 4;

    public byte* Format;
    public byte* Name;
    public byte* Metadata;
    public long Flags;
    public long NChildren;
    public ArrowSchema** Children;
    public ArrowSchema* Dictionary;
    public delegate* unmanaged[Cdecl]<ArrowSchema*, void> Release;
    public void* PrivateData;
}

/// <summary>The array struct of the Arrow C Data Interface, field for field.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct ArrowArray
{
    public long Length;
    public long NullCount;
    public long Offset;
    public long NBuffers;
    public long NChildren;
    public void** Buffers;
    public ArrowArray** Children;
    public ArrowArray* Dictionary;
    public delegate* unmanaged[Cdecl]<ArrowArray*, void> Release;
    public void* PrivateData;
}

/// <summary>The stream struct of the Arrow C Stream Interface, field for field.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct ArrowArrayStream
{
    public delegate* unmanaged[Cdecl]<ArrowArrayStream*, ArrowSchema*, int> GetSchema;
    public delegate* unmanaged[Cdecl]<ArrowArrayStream*, ArrowArray*, int> GetNext;
    public delegate* unmanaged[Cdecl]<ArrowArrayStream*, byte*> GetLastError;
    public delegate* unmanaged[Cdecl]<ArrowArrayStream*, void> Release;
    public void* PrivateData;
}
