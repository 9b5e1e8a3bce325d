using System.Globalization;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;
using ZkArrow.Segments;

namespace ZkArrow.Embedded;

/// <summary>
/// Sessions are files with a kernel lock on them, which the kernel lets go of when the process dies: a session lives as long
/// as its lock is held. Only the holder ever opens the file for writing, so that its end is a change the kernel reports.
/// </summary>
internal sealed class LocalSessions(string folder)
{
    private const uint FileMode = 0x1A0; // 0640

    public string Folder { get; } = folder;

    /// <summary>Begins a session, which ends with the handle or the process.</summary>
    public LocalSession Begin()
    {
        while (true)
        {
            long id = RandomNumberGenerator.GetInt32(1, int.MaxValue) * (1L << 32) | (uint)RandomNumberGenerator.GetInt32(int.MaxValue);
            string path = PathOf(id);
            int fd = Libc.open(path, Libc.O_RDWR | Libc.O_CREAT | Libc.O_EXCL | Libc.O_CLOEXEC | Libc.O_NOFOLLOW, FileMode);
            if (fd < 0)
            {
                if (LibcError.Last is Libc.EEXIST or Libc.EINTR)
                    continue;
                throw LibcError.Make("Beginning a session as", path);
            }

            SafeFileHandle file = new(fd, ownsHandle: true);
            Lock(fd, Libc.LOCK_EX, path);
            // somebody who saw it before it was locked took it for a dead one and removed it
            if (Libc.Stat(fd, out Libc.FileStatus status) && status.Links > 0)
                return new LocalSession(id, file);
            file.Dispose();
        }
    }

    /// <summary>Whether a session ended.</summary>
    public bool IsDead(long id) => Look(id, Libc.LOCK_SH | Libc.LOCK_NB);

    /// <summary>Waits in the kernel, for as long as it takes, until a session ended; false when the kernel has no room for that.</summary>
    public bool TryAwaitEnd(long id)
    {
        try
        {
            return Look(id, Libc.LOCK_SH);
        }
        catch (ZkArrowException)
        {
            return false;
        }
    }

    /// <summary>The sessions that have a file, dead or alive.</summary>
    public IReadOnlyList<long> All() =>
        [.. Directory.EnumerateFiles(Folder).Select(path => IdOf(Path.GetFileName(path))).OfType<long>()];

    /// <summary>Removes the file of a session that ended and has no nodes left.</summary>
    public void Forget(long id) => _ = Libc.unlink(PathOf(id));

    public static string FileOf(long id) => id.ToString("x16", CultureInfo.InvariantCulture);

    public static long? IdOf(string file) =>
        file.Length == 16 && long.TryParse(file, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out long id) ? id : null;

    private bool Look(long id, int how)
    {
        string path = PathOf(id);
        int fd;
        do
            fd = Libc.open(path, Libc.O_RDONLY | Libc.O_CLOEXEC | Libc.O_NOFOLLOW | Libc.O_NONBLOCK, 0);
        while (fd < 0 && LibcError.Last == Libc.EINTR);
        if (fd < 0)
            return LibcError.Last == Libc.ENOENT ? true : throw LibcError.Make("Looking at the session", path);
        using SafeFileHandle file = new(fd, ownsHandle: true);
        return Lock(fd, how, path);
    }

    /// <summary>Those who look take shared locks, so that they do not take each other for the holder.</summary>
    private static bool Lock(int fd, int how, string path)
    {
        int rc;
        do
            rc = Libc.flock(fd, how);
        while (rc < 0 && LibcError.Last == Libc.EINTR);
        if (rc == 0)
            return true;
        return LibcError.Last == Libc.EWOULDBLOCK ? false : throw LibcError.Make("Locking", path);
    }

    private string PathOf(long id) => $"{Folder}/{FileOf(id)}";
}

/// <summary>A session of this process.</summary>
internal sealed class LocalSession : IDisposable
{
    private const int LOCK_UN = 8;

    private readonly SafeFileHandle _file;

    public LocalSession(long id, SafeFileHandle file)
    {
        (Id, _file) = (id, file);
        ForkedChild.Close(Descriptor);
    }

    public long Id { get; }

    private int Descriptor => (int)_file.DangerousGetHandle();

    public void Dispose()
    {
        if (_file.IsClosed)
            return;
        ForkedChild.Keep(Descriptor);
        // before the last descriptor of it goes, should a child have one
        _ = Libc.flock(Descriptor, LOCK_UN);
        _file.Dispose();
    }
}
