using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ZkArrow.Native;

/// <summary>C strings that live as long as the process.</summary>
internal static unsafe class StaticText
{
    private static readonly ConcurrentDictionary<string, nint> Kept = new(StringComparer.Ordinal);

    /// <summary>A literal as a C string: the compiler ends it with NUL and the linker puts it where nothing moves.</summary>
    public static byte* Of(ReadOnlySpan<byte> literal) => (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(literal));

    /// <summary>One of a few texts, copied once.</summary>
    public static byte* Of(string text) => (byte*)Kept.GetOrAdd(text, static text => Marshal.StringToCoTaskMemUTF8(text));
}
