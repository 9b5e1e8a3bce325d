using System.Runtime.InteropServices;

namespace ZkArrow.Embedded;

/// <summary>
/// A forked child shares the locks of its parent as long as it has the same open files. These are closed in it at once, so that
/// a session ends with the process that began it.
/// </summary>
/// <remarks>Done in C by <c>native/guard</c>, since nothing managed may run in a child; a .NET application without it has no forks.</remarks>
internal static partial class ForkedChild
{
    private const string Name = "zkguard";

    /// <summary>The process this runs in; <see cref="Environment.ProcessId"/> remembers its first answer, also in a child.</summary>
    [SuppressGCTransition]
    [LibraryImport("libc", EntryPoint = "getpid")]
    public static partial int ProcessId();

    /// <summary>From now on a child closes its copy of a descriptor.</summary>
    public static void Close(int descriptor)
    {
        try
        {
            if (zkfork_close(descriptor) != 0)
                throw new ZkArrowException(ZkArrowStatus.TooLarge, "the process had as many sessions of embedded coordinators as it can; close clients that are no longer used");
        }
        catch (DllNotFoundException)
        {
        }
    }

    /// <summary>The descriptor is about to be closed here.</summary>
    public static void Keep(int descriptor)
    {
        try
        {
            zkfork_keep(descriptor);
        }
        catch (DllNotFoundException)
        {
        }
    }

    [LibraryImport(Name)]
    private static partial int zkfork_close(int descriptor);

    [LibraryImport(Name)]
    private static partial void zkfork_keep(int descriptor);
}
