namespace ZkArrow.Segments;

/// <summary>What this process holds, exactly: tests compare these with zero.</summary>
internal static class SegmentCounters
{
    private static long s_segments, s_bytes, s_pins;

    /// <summary>Segments mapped into this process, each counted once however often it is shared.</summary>
    internal static long MappedSegments => Interlocked.Read(ref s_segments);

    /// <summary>The bytes of those segments.</summary>
    internal static long MappedBytes => Interlocked.Read(ref s_bytes);

    /// <summary>Open files that hold a shared lock, of readers and of writers before their commit.</summary>
    internal static long OpenPins => Interlocked.Read(ref s_pins);

    internal static void Mapped(long bytes)
    {
        Interlocked.Increment(ref s_segments);
        Interlocked.Add(ref s_bytes, bytes);
    }

    internal static void Unmapped(long bytes)
    {
        Interlocked.Decrement(ref s_segments);
        Interlocked.Add(ref s_bytes, -bytes);
    }

    internal static void Pinned() => Interlocked.Increment(ref s_pins);

    internal static void Unpinned() => Interlocked.Decrement(ref s_pins);
}
