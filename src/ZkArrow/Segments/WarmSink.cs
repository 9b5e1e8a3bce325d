using System.Runtime.InteropServices;
using ZkArrow.Ipc;

namespace ZkArrow.Segments;

/// <summary>Writes what has pages already through a mapping, and the rest, whose pages are fresh, through the file.</summary>
internal sealed unsafe class WarmSink(byte* start, long warm, FileSink rest) : IIpcSink
{
    private long _at;

    public void Write(byte* data, long count)
    {
        long here = Math.Min(count, warm - _at);
        NonTemporal.Copy(data, start + _at, here);
        _at += here;
        if (here < count)
            rest.Write(data + here, count - here);
    }

    public void Zeros(long count)
    {
        long here = Math.Min(count, warm - _at);
        NativeMemory.Clear(start + _at, (nuint)here);
        _at += here;
        if (here < count)
            rest.Zeros(count - here);
    }

    /// <summary>Checks that the promised length was met.</summary>
    internal void Complete(string path)
    {
        if (_at != warm)
            throw new ZkArrowException(
                ZkArrowStatus.Internal, $"{_at} bytes were written to {path}, announced with {warm} or more; report it with this message.");
        rest.Complete();
    }
}
