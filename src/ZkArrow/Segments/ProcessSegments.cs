using System.Collections.Concurrent;
using ZkArrow.Ipc;

namespace ZkArrow.Segments;

/// <summary>
/// Segments that stay in the memory of this process: every client of the process reads them, and they are gone when the client that
/// wrote them is closed. They are unnamed files in memory, laid out and mapped as every other segment is.
/// </summary>
internal sealed class ProcessSegments : ISegmentPlace
{
    // of all clients: names carry a random part, so those of two namespaces never meet
    private static readonly ConcurrentDictionary<string, Held> _all = new(StringComparer.Ordinal);

    private volatile bool _closed;

    /// <summary>What this client wrote and has told the coordinator of, or has given up.</summary>
    internal IReadOnlyList<string> Names => [.. _all.Where(pair => pair.Value.Writer == this && !pair.Value.IsPinned).Select(pair => pair.Key)];

    /// <inheritdoc/>
    public MappedSegment? TryMap(string name, long expectedLength)
    {
        if (!_all.TryGetValue(name, out Held? held) || !held.Segment.TryAddRef())
            return null;
        if (held.Segment.Length == expectedLength)
            return held.Segment;
        held.Segment.Dispose();
        throw new ZkArrowException(
            ZkArrowStatus.Corrupt,
            $"The segment {name} in this process was {held.Segment.Length} bytes and its manifest says {expectedLength}; publish the version again.");
    }

    /// <inheritdoc/>
    public IDisposable WritePinned(string name, long length, Action<IIpcSink> fill)
    {
        Held held = new(this, Write($"the memory of {name}", length, fill));
        _all[name] = held;
        if (!_closed)
            return held;
        Unlink(name); // nobody would, any more
        throw new ObjectDisposedException(nameof(ZkArrowClient));
    }

    /// <inheritdoc/>
    public bool Rename(string from, string to)
    {
        if (!_all.TryRemove(from, out Held? held))
            return false;
        _all[to] = held;
        return true;
    }

    /// <inheritdoc/>
    public bool Unlink(string name)
    {
        if (!_all.TryRemove(name, out Held? held))
            return false;
        held.Segment.Dispose();
        return true;
    }

    /// <summary>Lets go of all segments of an incarnation, whichever client wrote them.</summary>
    internal static void RemoveIncarnation(string incarnation, ISegmentPlace place)
    {
        foreach (string name in _all.Keys)
            if (name.StartsWith($"{incarnation}/", StringComparison.Ordinal))
                place.Unlink(name);
    }

    /// <summary>Lets go of what this client wrote; mappings that readers have stay.</summary>
    internal void Close()
    {
        _closed = true;
        foreach ((string name, Held held) in _all)
            if (held.Writer == this)
                Unlink(name);
    }

    private static MappedSegment Write(string what, long length, Action<IIpcSink> fill)
    {
        int fd = Libc.memfd_create("zkarrow", Libc.MFD_CLOEXEC);
        if (fd < 0)
            throw LibcError.Make("Making", what);
        SegmentPin file = new(fd);
        try
        {
            if (Libc.ftruncate(fd, length) != 0)
                throw LibcError.Make("Making room for", what);
            using (FileSink sink = new(fd, what, 0, length))
            {
                fill(new UndamagedSink(sink));
                sink.Complete();
            }

            return Libc.Stat(fd, out Libc.FileStatus status)
                ? MappedSegment.Create(file, what, status)
                : throw LibcError.Make("Looking up", what);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>A segment, and the pin that its publisher holds until the commit is decided.</summary>
    private sealed class Held(ProcessSegments writer, MappedSegment segment) : IDisposable
    {
        public ProcessSegments Writer => writer;

        public MappedSegment Segment => segment;

        public bool IsPinned { get; private set; } = true;

        public void Dispose() => IsPinned = false;
    }
}
