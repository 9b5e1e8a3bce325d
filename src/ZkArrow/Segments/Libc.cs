using System.Runtime.InteropServices;

namespace ZkArrow.Segments;

/// <summary>
/// The few calls of libc that segments need and .NET does not offer. Constants are those of Linux on x64.
/// </summary>
internal static unsafe partial class Libc
{
    internal const int O_RDONLY = 0, O_RDWR = 2, O_CREAT = 0x40, O_EXCL = 0x80, O_NONBLOCK = 0x800;
    internal const int O_DIRECTORY = 0x10000, O_NOFOLLOW = 0x20000, O_CLOEXEC = 0x80000;
    internal const int O_TMPFILE = 0x400000 | O_DIRECTORY;

    internal const int AT_FDCWD = -100, AT_SYMLINK_NOFOLLOW = 0x100, AT_EACCESS = 0x200;
    internal const int AT_SYMLINK_FOLLOW = 0x400, AT_EMPTY_PATH = 0x1000;

    internal const uint RENAME_NOREPLACE = 1;
    internal const int LOCK_SH = 1, LOCK_EX = 2, LOCK_NB = 4;
    internal const int F_OFD_SETLK = 37;
    internal const short F_WRLCK = 1;
    internal const int PROT_NONE = 0, PROT_READ = 1, PROT_WRITE = 2;
    internal const int MAP_SHARED = 1, MAP_PRIVATE = 2, MAP_FIXED = 0x10, MAP_ANONYMOUS = 0x20, MAP_NORESERVE = 0x4000, MAP_POPULATE = 0x8000;
    internal const int MREMAP_MAYMOVE = 1, MREMAP_FIXED = 2, MREMAP_DONTUNMAP = 4;
    internal const int MADV_DONTFORK = 10;
    internal const uint MFD_CLOEXEC = 1;
    internal const int X_OK = 1, W_OK = 2, R_OK = 4;

    internal const int EPERM = 1, ENOENT = 2, EINTR = 4, EIO = 5, ENXIO = 6, EWOULDBLOCK = 11, ENOMEM = 12, EACCES = 13, EFAULT = 14;
    internal const int EEXIST = 17, ENOTDIR = 20, EISDIR = 21, EINVAL = 22, ENFILE = 23, EMFILE = 24, ENOSPC = 28;
    internal const int EROFS = 30, ENOTEMPTY = 39, ELOOP = 40, EOPNOTSUPP = 95, EDQUOT = 122;

    private const string Name = "libc";
    private const uint StatxBasicStats = 0x7ff;

    /// <summary>
    /// The part of <c>struct statx</c> that is read here; unlike <c>struct stat</c> its layout is one everywhere.
    /// </summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    internal struct FileStatus
    {
        [FieldOffset(16)] public uint Links;
        [FieldOffset(20)] public uint Uid;
        [FieldOffset(24)] public uint Gid;
        [FieldOffset(28)] public ushort Mode;
        [FieldOffset(32)] public ulong Inode;
        [FieldOffset(40)] public long Size;
        [FieldOffset(48)] public long Blocks;
        [FieldOffset(96)] public long ChangeSeconds;
        [FieldOffset(104)] public uint ChangeNanoseconds;
        [FieldOffset(112)] public long ModifySeconds;
        [FieldOffset(120)] public uint ModifyNanoseconds;
        [FieldOffset(136)] public uint DeviceMajor;
        [FieldOffset(140)] public uint DeviceMinor;

        /// <summary>Device and inode: while a file is open, no other file has the same pair.</summary>
        public readonly (ulong Device, ulong Inode) Identity => (((ulong)DeviceMajor << 32) | DeviceMinor, Inode);

        /// <summary>Whether no part of the file is a hole.</summary>
        public readonly bool IsWhole => Blocks * 512 >= Size;

        public readonly bool IsRegular => (Mode & 0xF000) == 0x8000;

        public readonly bool IsDirectory => (Mode & 0xF000) == 0x4000;

        /// <summary>
        /// Time since the last write, link or change of mode; never negative, whatever the clock did.
        /// </summary>
        public readonly TimeSpan Age
        {
            get
            {
                // no tick arithmetic on a time a hostile peer may have set to any year
                double changed = Math.Max(ChangeSeconds + (ChangeNanoseconds / 1e9), ModifySeconds + (ModifyNanoseconds / 1e9));
                double age = (DateTime.UtcNow - DateTime.UnixEpoch).TotalSeconds - changed;
                return TimeSpan.FromSeconds(Math.Clamp(age, 0, TimeSpan.MaxValue.TotalSeconds / 2));
            }
        }
    }

    /// <summary><c>struct flock</c> of x64; all zeros but the type is the whole file.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 32)]
    private struct RecordLock
    {
        public short Type;
    }

    /// <summary><c>struct statfs</c> of x64.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 120)]
    internal struct FileSystemStatus
    {
        [FieldOffset(0)] public long Type;
        [FieldOffset(8)] public long BlockSize;
        [FieldOffset(16)] public long Blocks;
        [FieldOffset(24)] public long BlocksFree;
        [FieldOffset(32)] public long BlocksAvailable;
    }

    internal static bool Stat(string path, bool follow, out FileStatus status) =>
        statx(AT_FDCWD, path, follow ? 0 : AT_SYMLINK_NOFOLLOW, StatxBasicStats, out status) == 0;

    internal static bool Stat(int fd, out FileStatus status) =>
        statx(fd, "", AT_EMPTY_PATH, StatxBasicStats, out status) == 0;

    /// <summary>
    /// Takes a file that is open for writing for this one descriptor, without waiting and until it is closed. <see cref="flock"/> does
    /// not see these locks.
    /// </summary>
    internal static bool TryClaim(int fd)
    {
        RecordLock whole = new() { Type = F_WRLCK };
        return fcntl(fd, F_OFD_SETLK, &whole) == 0;
    }

    [LibraryImport(Name, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int open(string path, int flags, uint mode);

    [LibraryImport(Name, SetLastError = true)]
    internal static partial int close(int fd);

    [LibraryImport(Name, SetLastError = true)]
    internal static partial nint pwrite(int fd, byte* data, nint count, long offset);

    [LibraryImport(Name, SetLastError = true)]
    internal static partial int fallocate(int fd, int mode, long offset, long length);

    [LibraryImport(Name, SetLastError = true)]
    internal static partial int ftruncate(int fd, long length);

    [LibraryImport(Name, SetLastError = true)]
    internal static partial int fsync(int fd);

    [LibraryImport(Name, SetLastError = true)]
    internal static partial int syncfs(int fd);

    [LibraryImport(Name, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int memfd_create(string name, uint flags);

    [LibraryImport(Name, SetLastError = true)]
    internal static partial int fchmod(int fd, uint mode);

    [LibraryImport(Name, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int linkat(int fromDirectory, string from, int toDirectory, string to, int flags);

    [LibraryImport(Name, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int renameat2(int fromDirectory, string from, int toDirectory, string to, uint flags);

    [LibraryImport(Name, SetLastError = true)]
    internal static partial int flock(int fd, int operation);

    [LibraryImport(Name, SetLastError = true)]
    private static partial int fcntl(int fd, int command, RecordLock* argument);

    [LibraryImport(Name, SetLastError = true)]
    internal static partial byte* mmap(byte* address, nint length, int protection, int flags, int fd, long offset);

    [LibraryImport(Name, SetLastError = true)]
    internal static partial int munmap(byte* address, nint length);

    [LibraryImport(Name, SetLastError = true)]
    internal static partial byte* mremap(byte* address, nint oldLength, nint newLength, int flags, byte* newAddress);

    [LibraryImport(Name, SetLastError = true)]
    internal static partial int madvise(byte* address, nint length, int advice);

    [LibraryImport(Name, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int unlink(string path);

    [LibraryImport(Name, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int mkdir(string path, uint mode);

    [LibraryImport(Name, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int chmod(string path, uint mode);

    [LibraryImport(Name, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int rmdir(string path);

    [LibraryImport(Name, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int faccessat(int directory, string path, int mode, int flags);

    [LibraryImport(Name, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int statfs(string path, out FileSystemStatus status);

    [LibraryImport(Name)]
    internal static partial uint geteuid();

    [LibraryImport(Name, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int statx(int directory, string path, int flags, uint mask, out FileStatus status);
}
