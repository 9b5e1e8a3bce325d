namespace ZkArrow.Segments;

/// <summary>What this process holds, exactly: tests compare these with zero.</summary>
internal static class SegmentCounters
{
    private static long _segments, _bytes, _pins, _warm, _warmBytes, _recycled;

    /// <summary>Segments mapped into this process, each counted once however often it is shared.</summary>
    internal static long MappedSegments => Interlocked.Read(ref _segments);

    /// <summary>The bytes of those segments.</summary>
    internal static long MappedBytes => Interlocked.Read(ref _bytes);

    /// <summary>Open files that hold a shared lock, of readers and of writers before their commit.</summary>
    internal static long OpenPins => Interlocked.Read(ref _pins);

    /// <summary>Writable mappings of files to be recycled, none once every client is closed.</summary>
    internal static long WarmMappings => Interlocked.Read(ref _warm);

    /// <summary>The bytes of those mappings.</summary>
    internal static long WarmBytes => Interlocked.Read(ref _warmBytes);

    /// <summary>How many segments were written into pooled files since the process began.</summary>
    internal static long RecycledSegments => Interlocked.Read(ref _recycled);

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

    internal static void Warmed(long bytes)
    {
        Interlocked.Increment(ref _warm);
        Interlocked.Add(ref _warmBytes, bytes);
    }

    internal static void Cooled(long bytes)
    {
        Interlocked.Decrement(ref _warm);
        Interlocked.Add(ref _warmBytes, -bytes);
    }

    internal static void Recycled() => Interlocked.Increment(ref _recycled);

    internal static void Pinned() => Interlocked.Increment(ref _pins);

    internal static void Unpinned() => Interlocked.Decrement(ref _pins);
}
