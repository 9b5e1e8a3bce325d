namespace ZkArrow.Segments;

/// <summary>What this process holds, exactly: tests compare these with zero.</summary>
internal static class SegmentCounters
{
    private static long _segments, _bytes, _pins;

    /// <summary>Segments mapped into this process, each counted once however often it is shared.</summary>
    internal static long MappedSegments => Interlocked.Read(ref _segments);

    /// <summary>The bytes of those segments.</summary>
    internal static long MappedBytes => Interlocked.Read(ref _bytes);

    /// <summary>Open files that hold a shared lock, of readers and of writers before their commit.</summary>
    internal static long OpenPins => Interlocked.Read(ref _pins);

    internal static void Mapped(long bytes)
    {
        Interlocked.Increment(ref _segments);
        Interlocked.Add(ref _bytes, bytes);
    }

    internal static void Unmapped(long bytes)
    {
        Interlocked.Decrement(ref _segments);
        Interlocked.Add(ref _bytes, -bytes);
    }

    internal static void Pinned() => Interlocked.Increment(ref _pins);

    internal static void Unpinned() => Interlocked.Decrement(ref _pins);
}
