namespace ZkArrow.Segments;

/// <summary>
/// A limit on the bytes of a data directory. Whatever adds to it asks first, and holds a reservation until its file has a name:
/// then the file is counted for every process. Two processes that ask at the same moment may exceed the limit by what one of them adds.
/// </summary>
/// <remarks>What was dropped while readers hold it has no name any more, and is not counted unless it is retired.</remarks>
internal sealed class SpaceBudget(DataDirectory directory, long limit)
{
    /// <summary>A folder that was changed so lately may change again under the same time stamp.</summary>
    private static readonly TimeSpan _settled = TimeSpan.FromMilliseconds(100);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, (long Seconds, uint Nanoseconds, long Bytes)> _folders = new(StringComparer.Ordinal);
    private long _coming;

    /// <summary>Room for a file that has no name yet; NoSpace when there is none after what is kept for reuse was given back.</summary>
    internal Reservation Take(long bytes, string path)
    {
        lock (_gate)
        {
            if (!Fits(bytes))
            {
                directory.Pool.GiveBack();
                if (!Fits(bytes))
                    throw Full(bytes, path);
            }

            _coming += bytes;
        }

        return new Reservation(this, bytes);
    }

    private bool Fits(long bytes) => bytes <= limit - Linked() - directory.Pool.Bytes - _coming;

    /// <summary>The bytes of all segments: of an incarnation nothing changed in, those that were counted before.</summary>
    private long Linked()
    {
        long sum = 0;
        Dictionary<string, (long Seconds, uint Nanoseconds, long Bytes)> seen = new(StringComparer.Ordinal);
        foreach (string folder in directory.Incarnations())
        {
            if (!Libc.Stat(folder, follow: false, out Libc.FileStatus status))
                continue;
            bool isKnown = _folders.TryGetValue(folder, out (long Seconds, uint Nanoseconds, long Bytes) known)
                && (known.Seconds, known.Nanoseconds) == (status.ModifySeconds, status.ModifyNanoseconds);
            long bytes = isKnown ? known.Bytes : directory.List(folder).Sum(file => file.Bytes);
            if (isKnown || status.Age > _settled)
                seen[folder] = (status.ModifySeconds, status.ModifyNanoseconds, bytes);
            sum += bytes;
        }

        _folders.Clear();
        foreach ((string folder, (long Seconds, uint Nanoseconds, long Bytes) known) in seen)
            _folders[folder] = known;
        return sum;
    }

    private ZkArrowException Full(long bytes, string path)
    {
        long segments = Linked(), retired = directory.Pool.Bytes;
        return new ZkArrowException(
            ZkArrowStatus.NoSpace,
            $"{path} needed {bytes} bytes of the {limit} that space_limit allows {directory.Path}, which held {segments} in segments, {retired} retired that readers still hold, and {_coming} of this client without a name yet; {DataDirectory.SpaceAdvice}, or raise space_limit.");
    }

    private void GiveBack(long bytes)
    {
        lock (_gate)
            _coming -= bytes;
    }

    /// <summary>Bytes that are about to be added.</summary>
    internal sealed class Reservation(SpaceBudget budget, long bytes) : IDisposable
    {
        private int _gone;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _gone, 1) == 0)
                budget.GiveBack(bytes);
        }
    }
}
