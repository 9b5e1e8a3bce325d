using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics;
using ZkArrow.ZooKeeper.Protocol;

namespace ZkArrow.ZooKeeper.Session;

/// <summary>The reading half: cuts the stream into packets and matches them with what waits for them.</summary>
internal sealed partial class Connection
{
    private const int ReceiveBufferBytes = 64 << 10;

    /// <summary>Reads until the connection breaks, and says why it broke.</summary>
    public async Task<string> RunAsync(CancellationToken stop)
    {
        using CancellationTokenRegistration stopping = stop.UnsafeRegister(
            static self => ((Connection)self!).Break("the client was closed."), this);
        Task heartbeat = HeartbeatAsync();
        try
        {
            await ReadAsync().ConfigureAwait(false);
            Break("the server closed it.");
        }
        catch (Exception exception)
        {
            // what a secured stream throws when it is disposed of while it is read is laid down nowhere
            bool wasBroken = _broken.IsCancellationRequested;
            Break(exception.Message);
            if (!wasBroken && exception is not (IOException or ObjectDisposedException or ZkProtocolException))
                throw;
        }

        await heartbeat.ConfigureAwait(false);
        return _reason!;
    }

    private async Task ReadAsync()
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(ReceiveBufferBytes);
        try
        {
            int start = 0, end = 0;
            while (true)
            {
                int needed = HandlePackets(buffer, ref start, end);
                if (start == end)
                    start = end = 0;
                buffer = MakeRoom(buffer, ref start, ref end, needed);
                int received = await _stream.ReadAsync(buffer.AsMemory(end)).ConfigureAwait(false);
                if (received == 0)
                    return;
                end += received;
                Volatile.Write(ref _lastReceive, Stopwatch.GetTimestamp());
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Handles the whole packets in the buffer and returns how many bytes the next one has, as far as known.</summary>
    private int HandlePackets(byte[] buffer, ref int start, int end)
    {
        while (end - start >= 4)
        {
            int length = BinaryPrimitives.ReadInt32BigEndian(buffer.AsSpan(start));
            if (length < 0 || length > _session.Options.MaxReplyBytes)
            {
                throw new ZkProtocolException(
                    $"The server sent a packet of {length} bytes; at most {_session.Options.MaxReplyBytes} are accepted "
                    + "(MaxReplyBytes).");
            }

            if (end - start - 4 < length)
                return length + 4;
            Handle(buffer.AsSpan(start + 4, length));
            start += length + 4;
        }

        return 4;
    }

    private static byte[] MakeRoom(byte[] buffer, ref int start, ref int end, int needed)
    {
        byte[] target = buffer;
        if (needed > buffer.Length)
            target = ArrayPool<byte>.Shared.Rent(needed);
        else if (end == 0 && buffer.Length > ReceiveBufferBytes * 4)
            target = ArrayPool<byte>.Shared.Rent(ReceiveBufferBytes); // one large reply need not be paid for ever
        else if (start + needed <= buffer.Length && end < buffer.Length)
            return buffer;
        buffer.AsSpan(start, end - start).CopyTo(target);
        end -= start;
        start = 0;
        if (target != buffer)
            ArrayPool<byte>.Shared.Return(buffer);
        return target;
    }

    private void Handle(ReadOnlySpan<byte> packet)
    {
        JuteReader reader = new(packet);
        ReplyHeader header = ReplyHeader.Read(ref reader);
        switch (header.Xid)
        {
            case Xid.Notification:
                _session.OnNotification(ref reader, header.Zxid);
                break;
            case Xid.Ping:
                lock (_session.Gate)
                {
                    _pingIsOut = false;
                    _session.Confirm(_pingSentAt);
                }

                break;
            case Xid.Auth:
                AuthEntry? entry;
                lock (_session.Gate)
                    _authReplies.TryDequeue(out entry);
                _session.OnAuthReply(entry, header.Error);
                break;
            case Xid.SetWatches:
                if (header.Error == ZkErrorCode.Unimplemented)
                {
                    // it closes the connection after such an answer anyway; another server may know them
                    Break("the server does not know the persistent watches that this client has; update it to 3.6 or later.");
                    return;
                }

                bool last;
                lock (_session.Gate)
                    last = --_rearmReplies == 0;
                _session.OnRearmed(header.Error, last);
                break;
            default:
                OnReply(header, ref reader);
                break;
        }

        WasOfUse = _rearmReplies == 0; // who drops us at the watches must not be asked again without a pause
    }

    private void OnReply(in ReplyHeader header, ref JuteReader reader)
    {
        Request? request;
        bool isWaiting, start;
        lock (_session.Gate)
        {
            request = InFlight.Peek();
            if (request is null || request.Xid != header.Xid)
            {
                throw new ZkProtocolException(
                    $"The server answered request {header.Xid} when {request?.Xid.ToString(provider: null) ?? "none"} was next.");
            }

            InFlight.Dequeue();
            _inFlightBytes -= request.PacketLength;
            isWaiting = request.State == RequestState.InFlight;
            request.State = RequestState.Completed;
            _session.Confirm(request.SentAt);
            _session.Saw(header.Zxid);
            if (isWaiting)
                _session.RegisterWatch(request, header.Error);
            start = TryStartWriting();
        }

        if (start)
            Write();
        if (isWaiting)
            request.Complete(ref reader, new ReplyContext(header.Zxid, header.Error, _session.Chroot));
    }
}
