using System.Runtime.InteropServices;

namespace ZkArrow.ZooKeeper.Session;

/// <summary>
/// The id of the process this code runs in. <see cref="Environment.ProcessId"/> is of no use to notice a fork: it
/// remembers its first answer, and a forked child inherits that memory.
/// </summary>
internal static partial class ProcessIdentity
{
    // Windows has no fork
    public static int Current => OperatingSystem.IsWindows() ? Environment.ProcessId : GetProcessId();

    [SuppressGCTransition]
    [LibraryImport("libc", EntryPoint = "getpid")]
    private static partial int GetProcessId();
}
