namespace ZkArrow.Segments;

/// <summary>
/// The live mappings of this process by device and inode, which no other file can have while a mapping holds its file
/// open.
/// </summary>
internal static class MappingCache
{
    // weak, so that a mapping whose holders lost it can still be finalized
    private static readonly Dictionary<(ulong Device, ulong Inode), WeakReference<MappedSegment>> _live = [];
    private static readonly Lock _gate = new();

    /// <summary>The live mapping of a file with a reference added for the caller, or null.</summary>
    internal static MappedSegment? Find((ulong Device, ulong Inode) identity)
    {
        lock (_gate)
            return FindLocked(identity);
    }

    /// <summary>
    /// Offers a fresh mapping; when another thread was first, that one is returned and the fresh one released.
    /// </summary>
    internal static MappedSegment Share(MappedSegment fresh)
    {
        MappedSegment? first;
        lock (_gate)
        {
            first = FindLocked(fresh.Identity);
            if (first is null)
                _live[fresh.Identity] = new WeakReference<MappedSegment>(fresh);
        }

        if (first is null)
            return fresh;
        fresh.Dispose();
        return first;
    }

    /// <summary>Drops the entry of a mapping that is about to go, unless a newer mapping has taken it.</summary>
    internal static void Forget(MappedSegment segment)
    {
        lock (_gate)
            if (_live.TryGetValue(segment.Identity, out WeakReference<MappedSegment>? entry)
                && (!entry.TryGetTarget(out MappedSegment? current) || ReferenceEquals(current, segment)))
                _live.Remove(segment.Identity);
    }

    private static MappedSegment? FindLocked((ulong Device, ulong Inode) identity) =>
        _live.TryGetValue(identity, out WeakReference<MappedSegment>? entry)
        && entry.TryGetTarget(out MappedSegment? segment)
        && segment.TryAddRef()
            ? segment
            : null;
}
