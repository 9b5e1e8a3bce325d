using System.Runtime.InteropServices;

namespace ZkArrow.Ipc;

/// <summary>
/// Keeps a file's bytes, and the structs that were laid over them, until the last of its batches is gone. Every holder calls
/// <see cref="Dispose"/> exactly once.
/// </summary>
internal sealed unsafe class SharedOwner(IDisposable owner) : IDisposable
{
    private const long LeastChunkBytes = 1024;
    private const long MostChunkBytes = 1 << 20;

    private readonly List<nint> chunks = [];
    private byte* next;
    private nuint left;
    private nuint chunkBytes = (nuint)LeastChunkBytes;
    private int holders = 1;

    /// <summary>Says how much memory will be asked for, so that it comes in one piece.</summary>
    public void Expect(long bytes) => chunkBytes = (nuint)Math.Clamp(bytes, LeastChunkBytes, MostChunkBytes);

    public void AddHolder() => Interlocked.Increment(ref holders);

    public void Dispose()
    {
        if (Interlocked.Decrement(ref holders) > 0) return;
        foreach (nint chunk in chunks) NativeMemory.Free((void*)chunk);
        owner.Dispose();
    }

    /// <summary>Zeroed memory that lives as long as this owner; only for the thread that reads the file.</summary>
    public void* Allocate(long count, int itemSize)
    {
        nuint bytes = checked((nuint)count * (nuint)itemSize);
        if (bytes > left)
        {
            nuint size = Math.Max(bytes, chunkBytes);
            chunks.Capacity = Math.Max(chunks.Capacity, chunks.Count + 1);
            next = (byte*)NativeMemory.AllocZeroed(size);
            chunks.Add((nint)next);
            left = size;
        }
        void* result = next;
        next += bytes;
        left -= bytes;
        return result;
    }
}
