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

    /// <summary>From now on a child closes its copy of a descriptor.</summary>
    public static void Close(int descriptor)
    {
        try
        {
            if (zkguard_close_in_child(descriptor) != 0)
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
            zkguard_keep_in_child(descriptor);
        }
        catch (DllNotFoundException)
        {
        }
    }

    [LibraryImport(Name)]
    private static partial int zkguard_close_in_child(int descriptor);

    [LibraryImport(Name)]
    private static partial void zkguard_keep_in_child(int descriptor);
}
