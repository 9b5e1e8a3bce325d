namespace ZkArrow.Segments;

/// <summary>A mapping that the guard watches; the default watches nothing.</summary>
internal readonly unsafe struct GuardWatch(int index, int* mark)
{
    /// <summary>Turns from 0 to 1 when the mapping loses bytes; null without a guard.</summary>
    internal int* Mark { get; } = mark;

    internal bool IsPoisoned => Mark != null && Volatile.Read(ref *Mark) != 0;

    /// <summary>Ends the watch, once and before the mapping is unmapped.</summary>
    internal void End()
    {
        if (Mark != null)
            SegmentGuard.Unwatch(index);
    }
}
