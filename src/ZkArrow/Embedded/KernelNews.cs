using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;
using ZkArrow.Segments;

namespace ZkArrow.Embedded;

/// <summary>
/// A thread that waits in the kernel until one of the host's processes committed, which writes to a file, or ended, which
/// closes its session's file.
/// </summary>
internal sealed unsafe partial class KernelNews : IDisposable
{
    private const uint IN_MODIFY = 2, IN_CLOSE_WRITE = 8, IN_Q_OVERFLOW = 0x4000, IN_IGNORED = 0x8000;
    private const int IN_CLOEXEC = Libc.O_CLOEXEC;
    private const int HeaderBytes = 16;

    private readonly SafeFileHandle _inotify;
    private readonly int _commits;
    private readonly int _sessions;
    private readonly Action<IReadOnlyList<string>?> _heard;
    private volatile bool _closed;

    /// <param name="commits">The file that is written to after each commit.</param>
    /// <param name="sessions">The folder of the sessions' files.</param>
    /// <param name="heard">Told the session files that were closed, which may be none; null when the kernel lost count.</param>
    public KernelNews(string commits, string sessions, Action<IReadOnlyList<string>?> heard)
    {
        _heard = heard;
        int fd = inotify_init1(IN_CLOEXEC);
        if (fd < 0)
        {
            throw LibcError.Last == Libc.EMFILE
                ? new ZkArrowException(ZkArrowStatus.TooLarge, "the user had as many inotify instances as allowed, and every client that watches needs one; close clients or raise fs.inotify.max_user_instances")
                : LibcError.Make("Watching", commits);
        }

        _inotify = new SafeFileHandle(fd, ownsHandle: true);
        try
        {
            _commits = Watch(commits, IN_MODIFY);
            _sessions = Watch(sessions, IN_CLOSE_WRITE);
        }
        catch
        {
            _inotify.Dispose();
            throw;
        }

        new Thread(Listen) { IsBackground = true, Name = "zkarrow local news" }.Start();
    }

    /// <summary>Ends the thread; ending a watch is news as well.</summary>
    public void Dispose()
    {
        _closed = true;
        try
        {
            bool held = false;
            _inotify.DangerousAddRef(ref held);
            _ = inotify_rm_watch((int)_inotify.DangerousGetHandle(), _commits);
            _inotify.DangerousRelease();
        }
        catch (ObjectDisposedException)
        {
            // the thread ended by itself
        }
    }

    private int Watch(string path, uint mask)
    {
        int watch = inotify_add_watch((int)_inotify.DangerousGetHandle(), path, mask);
        return watch >= 0 ? watch : throw LibcError.Make("Watching", path);
    }

    private void Listen()
    {
        byte[] buffer = new byte[64 * 1024];
        using (_inotify)
        {
            while (!_closed)
            {
                nint count = Read(buffer);
                if (count <= 0 && LibcError.Last != Libc.EINTR)
                    return;
                if (!_closed && count > 0)
                    _heard(Closed(buffer.AsSpan(0, (int)count)));
            }
        }
    }

    private nint Read(byte[] buffer)
    {
        fixed (byte* start = buffer)
            return read((int)_inotify.DangerousGetHandle(), start, buffer.Length);
    }

    private List<string>? Closed(ReadOnlySpan<byte> events)
    {
        List<string> closed = [];
        while (events.Length >= HeaderBytes)
        {
            int watch = BinaryPrimitives.ReadInt32LittleEndian(events);
            uint mask = BinaryPrimitives.ReadUInt32LittleEndian(events[4..]);
            int length = BinaryPrimitives.ReadInt32LittleEndian(events[12..]);
            if ((mask & IN_Q_OVERFLOW) != 0)
                return null;
            if (watch == _sessions && (mask & IN_IGNORED) == 0)
                closed.Add(Encoding.UTF8.GetString(events.Slice(HeaderBytes, length).TrimEnd((byte)0)));
            events = events[(HeaderBytes + length)..];
        }

        return closed;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int inotify_init1(int flags);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int inotify_add_watch(int fd, string path, uint mask);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int inotify_rm_watch(int fd, int watch);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint read(int fd, byte* buffer, nint count);
}
