using System.Runtime.InteropServices;
using ZkArrow.ArrowC;

namespace ZkArrow.Ipc;

/// <summary>Takes a file's bytes into memory of the length that the plan foretold.</summary>
internal sealed unsafe class MemorySink : IIpcSink, IDisposable
{
    private readonly bool _isOurs;
    private byte* _start;

    /// <summary>Allocates the memory.</summary>
    public MemorySink(long length)
    {
        Capacity = length;
        _isOurs = true;
        _start = (byte*)NativeMemory.AlignedAlloc((nuint)Math.Max(length, 1), IpcFormat.Alignment);
    }

    /// <summary>Writes to memory of the caller's.</summary>
    public MemorySink(byte* start, long length)
    {
        Capacity = length;
        _start = start;
    }

    public byte* Start => _start;

    /// <summary>The bytes taken so far.</summary>
    public long Length { get; private set; }

    public long Capacity { get; }

    public void Write(byte* data, long length)
    {
        Need(length);
        Buffer.MemoryCopy(data, _start + Length, length, length);
        Length += length;
    }

    public void Zeros(long length)
    {
        Need(length);
        NativeMemory.Clear(_start + Length, (nuint)length);
        Length += length;
    }

    public void Dispose()
    {
        if (_isOurs) NativeMemory.AlignedFree(_start);
        _start = null;
    }

    private void Need(long length)
    {
        ObjectDisposedException.ThrowIf(_start == null, this);
        if (length > Capacity - Length) throw ArrowFailure.TooLarge($"An Arrow file of over {Capacity} bytes was written to memory of that size.");
    }
}
