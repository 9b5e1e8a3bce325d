using System.Runtime.InteropServices;

namespace ZkArrow.Fuzz;

/// <summary>Memory that ends where nothing may be read: who reads beyond what was put there (and seven bytes) dies.</summary>
internal sealed unsafe partial class GuardedMemory
{
    private const int ReadWrite = 3, PrivateAnonymous = 0x22;
    private readonly byte* _end;

    public GuardedMemory(int capacity)
    {
        Capacity = capacity;
        int page = Environment.SystemPageSize;
        nint start = Map(0, (nuint)(capacity + page), ReadWrite, PrivateAnonymous, -1, 0);
        if (start == -1 || Protect(start + capacity, (nuint)page, 0) != 0) throw new InvalidOperationException("there was no memory");
        _end = (byte*)start + capacity;
    }

    /// <summary>A multiple of the page size.</summary>
    public int Capacity { get; }

    /// <summary>Copies bytes to an address that is a multiple of eight, as near to the end as that allows.</summary>
    public byte* Put(ReadOnlySpan<byte> bytes)
    {
        byte* start = _end - ((bytes.Length + 7) & ~7);
        bytes.CopyTo(new Span<byte>(start, bytes.Length));
        return start;
    }

    [LibraryImport("libc", EntryPoint = "mmap")]
    private static partial nint Map(nint address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "mprotect")]
    private static partial int Protect(nint address, nuint length, int protection);
}
