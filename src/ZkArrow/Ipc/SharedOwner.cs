using System.Runtime.InteropServices;
using ZkArrow.ArrowC;

namespace ZkArrow.Ipc;

/// <summary>
/// Keeps a file's bytes, and the structs that were laid over them, until the last of its batches is gone. Every holder calls
/// <see cref="Dispose"/> exactly once.
/// </summary>
internal sealed unsafe class SharedOwner(IDisposable? owner = null) : ISharedBytes
{
    private const long LeastChunkBytes = 1024;
    private const long MostChunkBytes = 1 << 20;

    private readonly List<nint> _chunks = [];
    private byte* _next;
    private nuint _left;
    private nuint _chunkBytes = (nuint)LeastChunkBytes;
    private int _holders = 1;

    public Tripwire* Tripwire => owner is ISharedBytes bytes ? bytes.Tripwire : null;

    /// <summary>Says how much memory will be asked for, so that it comes in one piece.</summary>
    public void Expect(long bytes) => _chunkBytes = (nuint)Math.Clamp(bytes, LeastChunkBytes, MostChunkBytes);

    public void AddHolder() => Interlocked.Increment(ref _holders);

    public void Dispose()
    {
        if (Interlocked.Decrement(ref _holders) > 0) return;
        foreach (nint chunk in _chunks) NativeMemory.Free((void*)chunk);
        owner?.Dispose();
    }

    /// <summary>Why bytes of the file had to be copied; null when none were.</summary>
    public string? CopyReason { get; private set; }

    /// <summary>Says why bytes are copied; the first reason stays.</summary>
    public void Note(string copyReason) => CopyReason ??= copyReason;

    /// <summary>A copy of a buffer at an aligned address.</summary>
    public byte* Copy(byte* source, long bytes)
    {
        Note("misaligned: buffers of the file are not at multiples of 8 bytes, so they were copied");
        var copy = (byte*)Allocate(bytes, 1);
        Buffer.MemoryCopy(source, copy, bytes, bytes);
        return copy;
    }

    /// <summary>Zeroed memory that lives as long as this owner; only for the thread that reads the file.</summary>
    public void* Allocate(long count, int itemSize)
    {
        // what follows must stay aligned
        nuint bytes = checked(((nuint)count * (nuint)itemSize) + 7) & ~(nuint)7;
        if (bytes > _left)
        {
            nuint size = Math.Max(bytes, _chunkBytes);
            _chunks.Capacity = Math.Max(_chunks.Capacity, _chunks.Count + 1);
            _next = (byte*)NativeMemory.AllocZeroed(size);
            _chunks.Add((nint)_next);
            _left = size;
        }
        void* result = _next;
        _next += bytes;
        _left -= bytes;
        return result;
    }
}
