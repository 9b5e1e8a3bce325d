namespace ZkArrow.Segments;

/// <summary>
/// The live mappings of this process by device and inode, which no other file can have while a mapping holds its file
/// open.
/// </summary>
internal static class MappingCache
{
    // weak, so that a mapping whose holders lost it can still be finalized
    private static readonly Dictionary<(ulong Device, ulong Inode), WeakReference<MappedSegment>> s_live = [];
    private static readonly Lock s_gate = new();

    /// <summary>The live mapping of a file with a reference added for the caller, or null.</summary>
    internal static MappedSegment? Find((ulong Device, ulong Inode) identity)
    {
        lock (s_gate)
            return FindLocked(identity);
    }

    /// <summary>
    /// Offers a fresh mapping; when another thread was first, that one is returned and the fresh one released.
    /// </summary>
    internal static MappedSegment Share(MappedSegment fresh)
    {
        MappedSegment? first;
        lock (s_gate)
        {
            first = FindLocked(fresh.Identity);
            if (first is null)
                s_live[fresh.Identity] = new WeakReference<MappedSegment>(fresh);
        }

        if (first is null)
            return fresh;
        fresh.Dispose();
        return first;
    }

    /// <summary>Drops the entry of a mapping that is about to go, unless a newer mapping has taken it.</summary>
    internal static void Forget(MappedSegment segment)
    {
        lock (s_gate)
            if (s_live.TryGetValue(segment.Identity, out WeakReference<MappedSegment>? entry)
                && (!entry.TryGetTarget(out MappedSegment? current) || ReferenceEquals(current, segment)))
                s_live.Remove(segment.Identity);
    }

    private static MappedSegment? FindLocked((ulong Device, ulong Inode) identity) =>
        s_live.TryGetValue(identity, out WeakReference<MappedSegment>? entry)
        && entry.TryGetTarget(out MappedSegment? segment)
        && segment.TryAddRef()
            ? segment
            : null;
}
