using System.Buffers;
using ZkArrow.Ipc;

namespace ZkArrow.Segments;

/// <summary>
/// Writes fresh pages of a file from front to back. In a mapping they would cost a fault each, so bytes go
/// through <c>write</c>; small pieces are gathered, because a call per piece would cost more than copying it.
/// </summary>
/// <remarks>Zeros that do not fit the buffer are left to the pages, so all but a file of up to <see cref="BufferSize"/> is allocated first.</remarks>
internal sealed unsafe class FileSink(int fd, string path, long from, long length) : IIpcSink, IDisposable
{
    internal const int BufferSize = 128 * 1024;

    // the kernel cuts a write at 2 GiB less a page; smaller pieces keep a signal from costing much
    private const long LargestWrite = 64 << 20;

    private readonly byte[] _buffer = ArrayPool<byte>.Shared.Rent((int)Math.Min(length - from, BufferSize));
    private long _written = from;
    private int _buffered;

    public void Write(byte* data, long count)
    {
        Claim(count);
        if (count <= _buffer.Length - _buffered)
        {
            new ReadOnlySpan<byte>(data, (int)count).CopyTo(_buffer.AsSpan(_buffered));
            _buffered += (int)count;
            return;
        }

        Flush();
        if (count >= _buffer.Length)
        {
            WriteThrough(data, count);
            return;
        }

        new ReadOnlySpan<byte>(data, (int)count).CopyTo(_buffer);
        _buffered = (int)count;
    }

    public void Zeros(long count)
    {
        Claim(count);
        if (count <= _buffer.Length - _buffered)
        {
            _buffer.AsSpan(_buffered, (int)count).Clear();
            _buffered += (int)count;
            return;
        }

        // the pages are allocated and read as zeros already
        Flush();
        _written += count;
    }

    /// <summary>Writes what is still buffered and checks that the promised length was met.</summary>
    internal void Complete()
    {
        Flush();
        if (_written != length)
            throw new ZkArrowException(
                ZkArrowStatus.Internal,
                $"{_written} bytes were written to {path} of the {length} that were announced; report it with this message.");
    }

    public void Dispose() => ArrayPool<byte>.Shared.Return(_buffer);

    private void Claim(long count)
    {
        if (count < 0 || count > length - _written - _buffered)
            throw new ZkArrowException(
                ZkArrowStatus.Internal,
                $"{count} bytes were added at {_written + _buffered} to {path}, announced with {length}; report it with this message.");
    }

    private void Flush()
    {
        if (_buffered == 0)
            return;
        fixed (byte* start = _buffer)
            WriteThrough(start, _buffered);
        _buffered = 0;
    }

    private void WriteThrough(byte* data, long count)
    {
        while (count > 0)
        {
            nint done = Libc.pwrite(fd, data, (nint)Math.Min(count, LargestWrite), _written);
            if (done < 0)
            {
                if (LibcError.Last == Libc.EINTR)
                    continue;
                throw LibcError.Make("Writing", path);
            }

            data += done;
            count -= done;
            _written += done;
        }
    }
}
