using ZkArrow.Ipc;

namespace ZkArrow.Segments;

/// <summary>A pooled file that this process claimed to write a segment into. Disposed unpublished, it is back in the pool.</summary>
internal sealed unsafe class RecycledFile(
    SegmentPool pool, SegmentPin pin, string pooled, Libc.FileStatus status, WarmMapping? mapping) : IDisposable
{
    private WarmMapping? _mapping = mapping;
    private bool _published;

    internal int Descriptor => pin.Descriptor;

    /// <summary>Its length when it was claimed, all of it pages that are there.</summary>
    internal long Length => status.Size;

    /// <summary>Writes the file, which has its new length by now.</summary>
    internal void Fill(long length, Action<IIpcSink> fill, string path)
    {
        long warm = Math.Min(Length, length);
        if (_mapping != null && _mapping.Length < warm)
        {
            _mapping.Unmap();
            _mapping = null;
        }

        _mapping ??= WarmMapping.Create(pooled, warm);
        using FileSink rest = new(pin.Descriptor, path, warm, length);
        WarmSink sink = new(_mapping.Start, warm, rest);
        fill(new UndamagedSink(sink));
        sink.Complete(path);
        if (_mapping.IsPoisoned)
            throw new ZkArrowException(
                ZkArrowStatus.Corrupt, $"{pooled} was truncated by another process while {path} was written into it; publish again, and keep other programs away from the data directory.");
    }

    /// <summary>Gives the file its name, under the pin that is returned.</summary>
    internal SegmentPin Publish(string path, uint mode)
    {
        if (Libc.fchmod(pin.Descriptor, mode) != 0)
            throw LibcError.Make("Setting the mode of", path);
        if (!DataDirectory.RenamePath(pooled, path))
            throw new ZkArrowException(
                ZkArrowStatus.DataLost, $"{pooled} was removed by another program while {path} was written into it; publish again, and keep other programs away from the data directory.");
        _published = true;
        _mapping!.Path = path;
        SegmentCounters.Recycled();
        return pin;
    }

    public void Dispose()
    {
        if (_mapping is { IsPoisoned: true })
            _mapping.Unmap();
        else if (_mapping != null)
            pool.Return(status.Identity, _mapping);
        if (!_published)
            pin.Dispose();
    }
}
