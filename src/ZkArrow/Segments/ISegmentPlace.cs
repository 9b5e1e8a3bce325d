using ZkArrow.Ipc;

namespace ZkArrow.Segments;

/// <summary>Where the segments of one residency stand.</summary>
internal interface ISegmentPlace
{
    /// <summary>The segment with a reference for the caller; null when it is not here.</summary>
    MappedSegment? TryMap(string name, long expectedLength);

    /// <summary>Writes a new segment, which no sweep takes before the returned pin is disposed.</summary>
    IDisposable WritePinned(string name, long length, Action<IIpcSink> fill);

    /// <summary>Gives a segment another name, which is not in use; false when it is gone.</summary>
    bool Rename(string from, string to);

    /// <summary>Removes a segment; false when it is not here. Mappings of it stay readable.</summary>
    bool Unlink(string name);
}
