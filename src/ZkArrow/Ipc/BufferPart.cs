using System.Runtime.CompilerServices;
using ZkArrow.ArrowC;

namespace ZkArrow.Ipc;

/// <summary>How a buffer of a file comes from a buffer in memory.</summary>
internal enum PartKind
{
    Zeros,
    Copy,
    Bits,
    Offsets32,
    Offsets64,
    Computed,
}

/// <summary>One buffer to be written: where its bytes come from and what must happen to them.</summary>
/// <param name="Kind">What is done.</param>
/// <param name="Source">The first byte to copy; of bits, the byte 0 of the bitmap.</param>
/// <param name="Start">Of bits, the first bit; of offsets, what is subtracted.</param>
/// <param name="Count">Of bits, how many; of offsets, how many.</param>
/// <param name="Bytes">The bytes it takes, without padding.</param>
/// <param name="Items">Of a computed one, what computes it.</param>
internal readonly unsafe record struct BufferPart(
    PartKind Kind, nint Source, long Start, long Count, long Bytes, ComputedPart? Items = null)
{
    private const int ScratchBytes = 32 * 1024;

    public static BufferPart Zeros(long bytes) => new(PartKind.Zeros, 0, 0, 0, bytes);

    public static BufferPart Copy(void* source, long bytes) => new(PartKind.Copy, (nint)source, 0, 0, bytes);

    public static BufferPart Bits(void* source, long start, long count) =>
        new(PartKind.Bits, (nint)source, start, count, ArrayLayout.BitmapBytes(count));

    public static BufferPart Offsets(void* source, int width, long first, long count) => first == 0
        ? Copy(source, count * width)
        : new(width == 4 ? PartKind.Offsets32 : PartKind.Offsets64, (nint)source, first, count, count * width);

    public void Write(IIpcSink sink)
    {
        if (Bytes == 0) return;
        switch (Kind)
        {
            case PartKind.Zeros:
                sink.Zeros(Bytes);
                break;
            case PartKind.Copy:
                sink.Write((byte*)Source, Bytes);
                break;
            case PartKind.Bits:
                WriteBits(sink);
                break;
            case PartKind.Offsets32:
                WriteOffsets32(sink);
                break;
            case PartKind.Offsets64:
                WriteOffsets64(sink);
                break;
            default:
                Items!.Write(sink, Count);
                break;
        }
    }

    private void WriteBits(IIpcSink sink)
    {
        byte* from = (byte*)Source + (Start >> 3);
        int shift = (int)(Start & 7);
        long whole = Count >> 3;
        if (shift == 0 && whole > 0) sink.Write(from, whole);
        byte* scratch = stackalloc byte[shift == 0 ? 1 : ScratchBytes];
        long at = shift == 0 ? whole : 0;
        while (at < whole)
        {
            int n = (int)Math.Min(whole - at, ScratchBytes);
            int i = 0;
            // a word more than eight bits behind is read as two halves, never past the byte that holds the last bit
            for (; i + 8 <= n; i += 8)
            {
                ulong low = Unsafe.ReadUnaligned<ulong>(from + at + i);
                ulong high = from[at + i + 8];
                Unsafe.WriteUnaligned(scratch + i, (low >> shift) | (high << (64 - shift)));
            }
            for (; i < n; i++) scratch[i] = (byte)((from[at + i] >> shift) | (from[at + i + 1] << (8 - shift)));
            sink.Write(scratch, n);
            at += n;
        }
        int rest = (int)(Count & 7);
        if (rest == 0) return;
        // what lies behind the last bit is whatever the producer left there; a file has zeros
        int bits = from[whole] >> shift;
        if (shift + rest > 8) bits |= from[whole + 1] << (8 - shift);
        *scratch = (byte)(bits & ((1 << rest) - 1));
        sink.Write(scratch, 1);
    }

    private void WriteOffsets32(IIpcSink sink)
    {
        int* scratch = stackalloc int[ScratchBytes / 4];
        var from = (int*)Source;
        for (long at = 0; at < Count;)
        {
            int n = (int)Math.Min(Count - at, ScratchBytes / 4);
            for (int i = 0; i < n; i++) scratch[i] = from[at + i] - (int)Start;
            sink.Write((byte*)scratch, n * 4L);
            at += n;
        }
    }

    private void WriteOffsets64(IIpcSink sink)
    {
        long* scratch = stackalloc long[ScratchBytes / 8];
        var from = (long*)Source;
        for (long at = 0; at < Count;)
        {
            int n = (int)Math.Min(Count - at, ScratchBytes / 8);
            for (int i = 0; i < n; i++) scratch[i] = from[at + i] - Start;
            sink.Write((byte*)scratch, n * 8L);
            at += n;
        }
    }
}
