using System.Runtime.InteropServices;

namespace ZkArrow.Segments;

/// <summary>
/// The guard of <c>native/guard</c>: a process whose mapped file is truncated by another reads zeros and finds a mark, and is
/// not killed by SIGBUS. It is installed with the first mapping.
/// </summary>
/// <remarks>
/// A managed method must never be a signal handler, so the handler is C: linked into <c>libzkarrow.so</c>, and
/// <c>libzkguard.so</c> beside a .NET application. Without that file an application runs unguarded.
/// </remarks>
internal static unsafe partial class SegmentGuard
{
    private const string Name = "zkguard";

    private static readonly Lock _gate = new();
    private static readonly Stack<int> _free = new();
    private static int _next;

    /// <summary>Whether mappings are guarded in this process.</summary>
    internal static bool IsInstalled { get; } = Install();

    /// <summary>Watches a mapping until the watch is ended; a watch of nothing where there is no guard.</summary>
    internal static GuardWatch Watch(byte* start, long length, bool writable)
    {
        if (!IsInstalled)
            return default;
        int index;
        lock (_gate)
            index = _free.TryPop(out int free) ? free : _next++;
        int* mark = zkguard_watch(index, start, (nuint)length, writable ? 1 : 0);
        if (mark != null)
            return new GuardWatch(index, mark);
        lock (_gate)
            _next--;
        throw new ZkArrowException(
            ZkArrowStatus.TooLarge, $"The process had {index} segments mapped, as many as can be guarded; release tables that are no longer used.");
    }

    /// <summary>Ends a watch, before its mapping is unmapped.</summary>
    internal static void Unwatch(int index)
    {
        zkguard_unwatch(index);
        lock (_gate)
            _free.Push(index);
    }

    /// <summary>Whether an address lies in a mapping that lost bytes: what was read there may be zeros of the guard.</summary>
    internal static bool IsPoisoned(byte* address) => IsInstalled && zkguard_is_poisoned(address) != 0;

    private static bool Install()
    {
        try
        {
            int errno = zkguard_install();
            return errno == 0 ? true : throw LibcError.Make("Installing", "the handler of SIGBUS", errno);
        }
        catch (DllNotFoundException)
        {
            return false;
        }
    }

    [LibraryImport(Name)]
    private static partial int zkguard_install();

    [LibraryImport(Name)]
    private static partial int* zkguard_watch(int index, byte* start, nuint length, int writable);

    [LibraryImport(Name)]
    private static partial void zkguard_unwatch(int index);

    [LibraryImport(Name)]
    private static partial int zkguard_is_poisoned(byte* address);
}
