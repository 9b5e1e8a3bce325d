using System.Runtime.InteropServices;

namespace ZkArrow.Native;

/// <summary>
/// Knows whether this process is the child of one that used the library. Only the forking thread lives on in a child, so
/// that waiting there would wait for ever. The kernel wipes this page in a child, which costs a call one read.
/// </summary>
internal static unsafe partial class ForkGuard
{
    private const int ProtReadWrite = 3;
    private const int MapPrivateAnonymous = 0x22;
    private const int MadviseWipeOnFork = 18;
    private const long Alive = 0x5A4B4152524F57;

    private static readonly long* Page = Create();

    public static bool IsChild => *Page != Alive;

    private static long* Create()
    {
        nuint size = (nuint)Environment.SystemPageSize;
        void* page = MemoryMap(null, size, ProtReadWrite, MapPrivateAnonymous, -1, 0);
        if ((nint)page == -1 || MemoryAdvise(page, size, MadviseWipeOnFork) != 0)
            Environment.FailFast($"ZkArrow could not map the page that tells forks (errno {Marshal.GetLastSystemError()}); Linux 4.14 or newer is needed.");
        *(long*)page = Alive;
        return (long*)page;
    }

    [LibraryImport("libc", EntryPoint = "mmap")]
    private static partial void* MemoryMap(void* address, nuint length, int protection, int flags, int file, long offset);

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int MemoryAdvise(void* address, nuint length, int advice);
}
