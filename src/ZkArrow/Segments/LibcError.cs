using System.Runtime.InteropServices;

namespace ZkArrow.Segments;

/// <summary>Turns an errno into the exception a caller can act on.</summary>
internal static class LibcError
{
    /// <summary>The errno of the last call.</summary>
    internal static int Last => Marshal.GetLastPInvokeError();

    /// <summary>The exception for the last call, which did something (“opening”) to a path and failed.</summary>
    internal static ZkArrowException Make(string doing, string path) => Make(doing, path, Last);

    internal static ZkArrowException Make(string doing, string path, int errno)
    {
        (ZkArrowStatus status, string advice) = errno switch
        {
            Libc.EACCES or Libc.EPERM => (ZkArrowStatus.PermissionDenied,
                "run as the owner of the data directory or join its group"),
            Libc.ENOENT => (ZkArrowStatus.DataLost, "the data directory was removed under this process; open it again"),
            Libc.EIO => (ZkArrowStatus.Internal, "the disk failed; look at the kernel's log (dmesg)"),
            Libc.EROFS => (ZkArrowStatus.PermissionDenied, "remount the file system read-write"),
            Libc.EMFILE => (ZkArrowStatus.TooLarge, "raise the limit of open files (ulimit -n) or release mappings"),
            Libc.ENFILE => (ZkArrowStatus.TooLarge, "raise fs.file-max"),
            Libc.ENOSPC or Libc.EDQUOT => (ZkArrowStatus.NoSpace, "drop old versions or enlarge the file system"),
            Libc.ENOMEM => (ZkArrowStatus.NoSpace, "free memory, or raise the memory limit of the control group"),
            Libc.ELOOP or Libc.ENXIO or Libc.ENOTDIR => (ZkArrowStatus.Corrupt,
                "something other than a segment stands in its place; remove it"),
            Libc.EFAULT => (ZkArrowStatus.Corrupt,
                "the table to be published lies in memory that was taken away, such as a truncated segment; make it anew from its source"),
            _ => (ZkArrowStatus.Internal, "report it with this message"),
        };
        return new ZkArrowException(
            status, $"{doing} {path} failed with “{Marshal.GetPInvokeErrorMessage(errno)}”: {advice}.");
    }
}
