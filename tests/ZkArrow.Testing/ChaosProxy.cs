using System.Buffers.Binary;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;

namespace ZkArrow.Testing;

/// <summary>
/// A proxy between a client and a ZooKeeper server that can cut connections, lose one reply, hold replies back and
/// refuse new connections. It knows where the packets end, so what it does to a reply it does to exactly one; for that
/// it ends TLS, if there is any, and speaks it anew to the server.
/// </summary>
public sealed class ChaosProxy : IAsyncDisposable
{
    private const int HeaderBytes = 4;
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly int _target;
    private readonly ProxySecurity? _security;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private readonly List<TcpClient> _open = [];
    private readonly List<(int Op, string Path)> _requests = [];
    private readonly Task _accepting;
    private int _repliesUntilCut = -1;
    private bool _refusing;
    private TaskCompletionSource _replies = Released();

    public ChaosProxy(int targetPort, ProxySecurity? security = null)
    {
        (_target, _security) = (targetPort, security);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;
    public string ConnectString => $"127.0.0.1:{Port}";

    /// <summary>How many connections were made so far.</summary>
    public int Connections { get; private set; }

    /// <summary>The ordinary requests so far, in order, each with the path that it reads; what watches and pings need is not among them.</summary>
    public IReadOnlyList<(int Op, string Path)> Requests
    {
        get { lock (_gate) return [.. _requests]; }
    }

    /// <summary>How many of them were answered.</summary>
    public int Replies { get; private set; }

    /// <summary>While true, new connections are closed at once.</summary>
    public bool Refusing
    {
        get { lock (_gate) return _refusing; }
        set { lock (_gate) _refusing = value; }
    }

    /// <summary>Cuts all connections now.</summary>
    public void Cut()
    {
        List<TcpClient> open;
        lock (_gate)
        {
            open = [.. _open];
            _open.Clear();
        }

        foreach (TcpClient client in open)
            client.Dispose();
    }

    /// <summary>
    /// Lets the server answer, swallows the k-th reply to an ordinary request from now on (1: the next) and cuts.
    /// Handshakes, pings and notifications are not counted.
    /// </summary>
    public void LoseReply(int k = 1)
    {
        lock (_gate)
            _repliesUntilCut = k;
    }

    /// <summary>Called with the xid and the operation of each ordinary request, before it goes to the server.</summary>
    public Action<int, int>? Requested { get; set; }

    /// <summary>Called with the xid of each reply, before it goes to the client.</summary>
    public Action<int>? Replied { get; set; }

    /// <summary>Holds everything the server says back, until <see cref="ReleaseReplies"/>.</summary>
    public void HoldReplies()
    {
        lock (_gate)
        {
            if (_replies.Task.IsCompleted)
                _replies = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    public void ReleaseReplies()
    {
        lock (_gate)
            _replies.TrySetResult();
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _accepting;
        _listener.Stop();
        ReleaseReplies();
        Cut();
        _stop.Dispose();
    }

    private static TaskCompletionSource Released()
    {
        TaskCompletionSource released = new();
        released.SetResult();
        return released;
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                TcpClient client = await _listener.AcceptTcpClientAsync(_stop.Token);
                _ = ServeAsync(client);
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // disposed
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using TcpClient server = new() { NoDelay = true };
        using (client)
        {
            client.NoDelay = true;
            try
            {
                if (Refusing)
                    return;
                await server.ConnectAsync(IPAddress.Loopback, _target, _stop.Token);
                lock (_gate)
                {
                    if (_refusing)
                        return; // since it was asked above: a cut that came meanwhile did not see this one
                    _open.Add(client);
                    _open.Add(server);
                    Connections++;
                }

                await using Stream ofClient = await AnswerAsync(client.GetStream());
                await using Stream ofServer = await SecureAsync(server.GetStream());
                Task up = PumpRequestsAsync(ofClient, ofServer);
                Task down = PumpRepliesAsync(ofServer, ofClient);
                await await Task.WhenAny(up, down);
            }
            catch (Exception exception) when (
                exception is IOException or SocketException or AuthenticationException or OperationCanceledException
                    or ObjectDisposedException or InvalidOperationException)
            {
                // one side is gone, and the other goes with it
            }
            finally
            {
                lock (_gate)
                {
                    _open.Remove(client);
                    _open.Remove(server);
                }
            }
        }
    }

    private async Task<Stream> AnswerAsync(NetworkStream client)
    {
        if (_security is null)
            return client;
        SslStream secured = new(client);
        await secured.AuthenticateAsServerAsync(_security.Clients, _stop.Token);
        return secured;
    }

    private async Task<Stream> SecureAsync(NetworkStream server)
    {
        if (_security is null)
            return server;
        SslStream secured = new(server);
        await secured.AuthenticateAsClientAsync(_security.Server, _stop.Token);
        return secured;
    }

    private async Task PumpRequestsAsync(Stream from, Stream to)
    {
        byte[] packet = new byte[64 << 10];
        for (int handshake = 1 + (_security?.SaslReplies ?? 0); ; handshake--)
        {
            (packet, int length) = await ReadPacketAsync(from, packet);
            int xid = BinaryPrimitives.ReadInt32BigEndian(packet.AsSpan(HeaderBytes));
            if (handshake <= 0 && xid > 0)
            {
                Remember(packet.AsSpan(2 * HeaderBytes, length - (2 * HeaderBytes)));
                Requested?.Invoke(xid, BinaryPrimitives.ReadInt32BigEndian(packet.AsSpan(2 * HeaderBytes)));
            }

            await to.WriteAsync(packet.AsMemory(0, length), _stop.Token);
        }
    }

    private void Remember(ReadOnlySpan<byte> request)
    {
        const int Exists = 3, GetChildren2 = 12, Multi = 14;
        const int MultiHeaderBytes = HeaderBytes + 1 + HeaderBytes; // the operation's type, whether it is the last, an error
        int op = BinaryPrimitives.ReadInt32BigEndian(request);
        // of a multi, the path of its first operation
        int at = HeaderBytes + (op == Multi ? MultiHeaderBytes : 0);
        int pathLength = op is (>= Exists and <= GetChildren2) or Multi ? BinaryPrimitives.ReadInt32BigEndian(request[at..]) : 0;
        lock (_gate)
            _requests.Add((op, pathLength > 0 ? Encoding.UTF8.GetString(request.Slice(at + HeaderBytes, pathLength)) : ""));
    }

    private async Task PumpRepliesAsync(Stream from, Stream to)
    {
        byte[] packet = new byte[64 << 10];
        for (int handshake = 1 + (_security?.SaslReplies ?? 0); ; handshake--)
        {
            (packet, int length) = await ReadPacketAsync(from, packet);
            Task held;
            lock (_gate)
                held = _replies.Task;
            await held.WaitAsync(_stop.Token);
            int xid = BinaryPrimitives.ReadInt32BigEndian(packet.AsSpan(HeaderBytes));
            if (handshake <= 0)
                Replied?.Invoke(xid);
            if (handshake <= 0 && IsLost(xid))
                return;
            await to.WriteAsync(packet.AsMemory(0, length), _stop.Token);
            if (handshake <= 0 && xid > 0)
            {
                lock (_gate)
                    Replies++;
            }
        }
    }

    /// <summary>One packet with its header, in the buffer given or a larger one.</summary>
    private async Task<(byte[] Packet, int Length)> ReadPacketAsync(Stream from, byte[] packet)
    {
        await from.ReadExactlyAsync(packet.AsMemory(0, HeaderBytes), _stop.Token);
        int length = HeaderBytes + BinaryPrimitives.ReadInt32BigEndian(packet);
        if (length > packet.Length)
            Array.Resize(ref packet, length);
        await from.ReadExactlyAsync(packet.AsMemory(HeaderBytes, length - HeaderBytes), _stop.Token);
        return (packet, length);
    }

    private bool IsLost(int xid)
    {
        lock (_gate)
        {
            if (xid <= 0 || _repliesUntilCut < 0)
                return false;
            if (--_repliesUntilCut > 0)
                return false;
            _repliesUntilCut = -1;
            return true;
        }
    }
}
