using System.Runtime.InteropServices;

namespace ZkArrow.ArrowC;

/// <summary>
/// One value of a view column: up to <see cref="MaxInline"/> bytes stand in the view itself, behind the length; of a longer
/// one its first four bytes, and where all of them are.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal struct BinaryView
{
    public const int MaxInline = 12;

    public int Length;
    public int Prefix;
    public int Buffer;
    public int Offset;

    public readonly bool IsInline => Length <= MaxInline;
}
