using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ZkArrow.Segments;

/// <summary>
/// Copies into mapped segments. From a mebibyte on the stores bypass the caches: lines that will be overwritten whole are not
/// read first, and what the process works with stays cached.
/// </summary>
internal static unsafe class NonTemporal
{
    internal const long Threshold = 1 << 20;

    private const int Line = 64;

    /// <summary>Copies between places that do not overlap; another process may read the target when this returns.</summary>
    internal static void Copy(byte* source, byte* target, long count)
    {
        if (count < Threshold || !Sse2.IsSupported)
        {
            Buffer.MemoryCopy(source, target, count, count);
            return;
        }

        long head = -(nint)target & (Line - 1);
        Buffer.MemoryCopy(source, target, head, head);
        long end = count - ((count - head) % Line);
        for (long at = head; at < end; at += Line)
        {
            Vector128<byte> a = Vector128.Load(source + at), b = Vector128.Load(source + at + 16);
            Vector128<byte> c = Vector128.Load(source + at + 32), d = Vector128.Load(source + at + 48);
            a.StoreAlignedNonTemporal(target + at);
            b.StoreAlignedNonTemporal(target + at + 16);
            c.StoreAlignedNonTemporal(target + at + 32);
            d.StoreAlignedNonTemporal(target + at + 48);
        }

        Buffer.MemoryCopy(source + end, target + end, count - end, count - end);

        // such stores are not ordered with those that follow
        Sse.StoreFence();
    }
}
