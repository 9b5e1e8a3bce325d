using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using ZkArrow.ZooKeeper.Protocol;

namespace ZkArrow.ZooKeeper.Session;

/// <summary>
/// One connection to one server, from the end of its handshake to its break. This half writes: whoever queues a
/// request and finds no writer active becomes the writer and sends everything that is queued, until nothing is.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "A cancellation source without timer and links holds nothing to release.")]
internal sealed partial class Connection : IThreadPoolWorkItem
{
    private const int SendBufferBytes = 64 << 10;
    private readonly ZkSession _session;
    private readonly Stream _stream;
    private readonly int _timeoutMs;
    private readonly CancellationTokenSource _broken = new();
    private readonly Queue<Packet> _control = new();
    private readonly Queue<AuthEntry> _authReplies = new();
    private byte[] _sendBuffer = new byte[SendBufferBytes];
    private int _sendLength;
    private Packet _large;
    private int _inFlightBytes;
    private int _rearmReplies;
    private bool _pingIsOut;
    private long _pingSentAt;
    private bool _writing;
    private string? _reason;
    private long _lastSend = Stopwatch.GetTimestamp();
    private long _lastReceive = Stopwatch.GetTimestamp();

    public Connection(ZkSession session, Stream stream, int timeoutMs)
    {
        _session = session;
        _stream = stream;
        _timeoutMs = timeoutMs;
    }

    /// <summary>What was sent and waits for its reply; under the gate.</summary>
    public RequestQueue InFlight { get; } = new();

    /// <summary>Fires when the connection breaks.</summary>
    public CancellationToken Broken => _broken.Token;

    /// <summary>Whether the server answered anything but the handshake, and armed the watches again.</summary>
    public bool WasOfUse { get; private set; }

    /// <summary>Queues credentials; under the gate.</summary>
    public void QueueAuth(AuthEntry entry)
    {
        _control.Enqueue(Requests.Auth(entry.Auth, _session.Options.MaxRequestBytes));
        _authReplies.Enqueue(entry);
        entry.Sent = true;
    }

    /// <summary>Queues a frame that arms watches again; under the gate.</summary>
    public void QueueRearm(Packet packet)
    {
        _control.Enqueue(packet);
        _rearmReplies++;
    }

    /// <summary>Under the gate: whether the caller must call <see cref="Write"/> after leaving it.</summary>
    public bool TryStartWriting()
    {
        if (_writing || _broken.IsCancellationRequested || !HasWork())
            return false;
        return _writing = true;
    }

    /// <summary>Sends until nothing is left to send. Only for the one who started writing.</summary>
    public void Write() => _ = WriteAsync();

    /// <summary>
    /// Like <see cref="Write"/>, but when answers are awaited already it goes behind what the thread pool has to do:
    /// the callers that the last answers woke then add their next requests to the same send.
    /// </summary>
    public void WriteSoon()
    {
        if (Volatile.Read(ref _inFlightBytes) == 0)
            Write();
        else
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    void IThreadPoolWorkItem.Execute() => Write();

    /// <summary>Under the gate, after <see cref="RunAsync"/>: what was sent and will get no reply.</summary>
    public List<Request> TakeInFlight()
    {
        List<Request> all = InFlight.DequeueAll();
        all.RemoveAll(static request => request.State != RequestState.InFlight);
        foreach (Request request in all)
            request.State = RequestState.Completed;
        return all;
    }

    /// <summary>Breaks the connection; the first reason counts.</summary>
    public void Break(string reason)
    {
        Interlocked.CompareExchange(ref _reason, reason, null);
        _broken.Cancel();
        _stream.Dispose();
    }

    private async Task WriteAsync()
    {
        try
        {
            while (true)
            {
                lock (_session.Gate)
                {
                    if (!FillSendBuffer())
                    {
                        _writing = false;
                        return;
                    }
                }

                if (_sendLength > 0)
                    await _stream.WriteAsync(_sendBuffer.AsMemory(0, _sendLength)).ConfigureAwait(false);
                if (_large.Length == 0)
                    continue;
                await _stream.WriteAsync(_large.Buffer.AsMemory(0, _large.Length)).ConfigureAwait(false);
                _large.Return();
                _large = default;
            }
        }
#pragma warning disable CA1031 // whatever it was: the read loop ends with the stream, and the session cleans up after it
        catch (Exception exception)
#pragma warning restore CA1031
        {
            Break($"sending failed: {exception.Message}");
        }
    }

    private bool HasWork() => _control.Count > 0 || (_session.Queue.Peek() is { } next && FitsWindow(next));

    private bool FitsWindow(Request request) =>
        InFlight.Count == 0
        || (InFlight.Count < _session.Options.MaxRequestsInFlight
            && _inFlightBytes + request.PacketLength <= _session.Options.MaxBytesInFlight);

    private bool FillSendBuffer()
    {
        _sendLength = 0;
        // whoever cleans up after a break takes what is in flight: nothing may be added then
        if (_broken.IsCancellationRequested)
            return false;
        long now = Stopwatch.GetTimestamp();
        while (_control.TryDequeue(out Packet packet))
            Append(packet);
        while (_sendLength < SendBufferBytes && _large.Length == 0 && _session.Queue.Peek() is { } request && FitsWindow(request))
        {
            _session.Queue.Remove(request);
            request.State = RequestState.InFlight;
            request.Xid = _session.NextXid();
            request.SentAt = now;
            request.Packet.SetXid(request.Xid);
            InFlight.Enqueue(request);
            _inFlightBytes += request.PacketLength;
            if (request.PacketLength >= SendBufferBytes)
                _large = request.Packet; // sent from where it is, after what is in the buffer
            else
                Append(request.Packet);
            request.Packet = default;
        }

        if (_sendLength == 0 && _large.Length == 0)
            return false;
        _lastSend = now;
        return true;
    }

    private void Append(Packet packet)
    {
        int end = _sendLength + packet.Length;
        if (end > _sendBuffer.Length)
        {
            byte[] larger = new byte[Math.Max(end, _sendBuffer.Length * 2)];
            _sendBuffer.AsSpan(0, _sendLength).CopyTo(larger);
            _sendBuffer = larger;
        }

        packet.Span.CopyTo(_sendBuffer.AsSpan(_sendLength));
        _sendLength = end;
        packet.Return();
    }

    /// <summary>
    /// Pings when nothing was sent for a third of the timeout, and breaks the connection when nothing was received
    /// for two thirds of it: what is left is time to find another server before the session expires.
    /// </summary>
    private async Task HeartbeatAsync()
    {
        TimeSpan silence = TimeSpan.FromMilliseconds(_timeoutMs * 2.0 / 3);
        TimeSpan idle = TimeSpan.FromMilliseconds(Math.Min(_timeoutMs / 3.0, 10_000));
        try
        {
            while (true)
            {
                TimeSpan untilSilent = silence - Stopwatch.GetElapsedTime(Volatile.Read(ref _lastReceive));
                if (untilSilent <= TimeSpan.Zero)
                {
                    Break($"the server was silent for {silence.TotalMilliseconds:F0} ms.");
                    return;
                }

                bool start;
                TimeSpan next;
                lock (_session.Gate)
                {
                    TimeSpan untilPing = idle - Stopwatch.GetElapsedTime(_lastSend);
                    if (untilPing <= TimeSpan.Zero && !_pingIsOut)
                    {
                        _control.Enqueue(Requests.Ping());
                        _pingIsOut = true;
                        _pingSentAt = Stopwatch.GetTimestamp();
                    }

                    start = TryStartWriting();
                    next = _pingIsOut || untilPing <= TimeSpan.Zero ? idle : untilPing;
                    next = next < untilSilent ? next : untilSilent;
                }

                if (start)
                    Write();
                await Task.Delay(next + TimeSpan.FromMilliseconds(1), _broken.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // the connection broke
        }
    }
}
