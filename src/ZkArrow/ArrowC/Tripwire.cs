using System.Runtime.InteropServices;

namespace ZkArrow.ArrowC;

/// <summary>
/// Tells whether the shared bytes under a batch are still there, at the price of two loads: their last eight bytes are as they
/// were, and no page of them was lost. It is native memory that lives as long as the bytes, so that a stream can ask too.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct Tripwire
{
    /// <summary>Not 0 when a page was lost.</summary>
    public int* Mark;

    /// <summary>The last bytes. A look at them that fails is a lost page.</summary>
    public ulong* Tail;
    public ulong TailValue;

    /// <summary>What to say, UTF-8 and NUL-terminated.</summary>
    public byte* Sentence;

    public readonly bool IsTripped => Volatile.Read(ref *Tail) != TailValue || Volatile.Read(ref *Mark) != 0;

    public readonly ZkArrowException Failure() => ArrowFailure.Corrupt(Marshal.PtrToStringUTF8((nint)Sentence)!);
}
