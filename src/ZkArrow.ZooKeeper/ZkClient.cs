using ZkArrow.ZooKeeper.Protocol;
using ZkArrow.ZooKeeper.Session;

namespace ZkArrow.ZooKeeper;

/// <summary>
/// A client of a ZooKeeper ensemble. It keeps one session, reconnects by itself, and makes a new session when the old
/// one is lost. All methods may be called from any thread; calls are sent in the order they were made and many may be
/// under way at once.
/// <para>Every failure is a <see cref="ZkException"/> (or, when cancelled, a <see cref="ZkCanceledException"/>) whose
/// <c>Outcome</c> says whether the operation may have been done. When the connection breaks, what was sent fails with
/// the outcome unknown; what was not sent waits for the connection, until its token fires or the session is lost.</para>
/// </summary>
public sealed partial class ZkClient : IAsyncDisposable
{
    private readonly ZkSession _session;

    private ZkClient(ZkClientOptions options) => _session = new ZkSession(options);

    /// <summary>Connects and waits for the first session, for as long as the token allows.</summary>
    /// <exception cref="FormatException">The connect string was wrong; the message names the part.</exception>
    /// <exception cref="ZkCanceledException">The token fired first.</exception>
    /// <exception cref="ZkAuthFailedException">The server refused the credentials.</exception>
    public static async ValueTask<ZkClient> ConnectAsync(ZkClientOptions options, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        ZkClient client = new(options);
        await client._session.ConnectAsync(ct).ConfigureAwait(false);
        return client;
    }

    /// <summary>The state of the session, as far as this client can know it now.</summary>
    public ZkState State => _session.State;

    /// <summary>The session's id; 0 while there is none. Compare <see cref="ZkStat.EphemeralOwner"/> with it.</summary>
    public long SessionId => _session.SessionId;

    /// <summary>The session timeout that was asked for.</summary>
    public TimeSpan RequestedTimeout => _session.Options.SessionTimeout;

    /// <summary>The session timeout the server granted.</summary>
    public TimeSpan NegotiatedTimeout => TimeSpan.FromMilliseconds(_session.NegotiatedMs);

    /// <summary>The newest transaction any reply of this session spoke of.</summary>
    public long LastZxid => _session.LastZxid;

    /// <summary>The path all paths of this client are under, or the empty string.</summary>
    public string Chroot => _session.Chroot;

    /// <summary>
    /// Time since the newest request that a server answered was <em>sent</em>; beyond <see cref="NegotiatedTimeout"/>
    /// the session may have expired. Counted from the sending, because a reply may have waited in a buffer while this
    /// process was stopped. Monotonic, free of clock changes, and blind to a machine that was suspended: it tells of
    /// silence and proves nothing. What must be safe is fenced by a version.
    /// </summary>
    public TimeSpan SinceLastHeard => _session.SinceLastHeard;

    /// <summary>
    /// Every change of <see cref="State"/> from the subscription on, once and in order, together with the watch
    /// callbacks in one sequence of calls away from the network. An exception in a handler is logged. To miss
    /// nothing, subscribe first and read <see cref="State"/> then.
    /// </summary>
    public event Action<ZkStateChange>? StateChanged
    {
        add => _session.StateChanged += value;
        remove => _session.StateChanged -= value;
    }

    /// <summary>
    /// Closes the session, so that its ephemerals go at once. When the server cannot be reached within two seconds
    /// they go with the session's timeout.
    /// </summary>
    public async ValueTask DisposeAsync() => await _session.CloseAsync().ConfigureAwait(false);

    internal ZkSession Session => _session;

    private string ToServer(string path) => ZkPath.ToServer(_session.Chroot, path);

    private JuteWriter Start(OpCode op) => Requests.Start(op, _session.Options.MaxRequestBytes);

    /// <summary>Writes a path as the server knows it, without making a string of it.</summary>
    private void WritePath(ref JuteWriter writer, string path)
    {
        if (_session.Chroot.Length > 0 && path.Length == 1)
            writer.WriteString(_session.Chroot);
        else
            writer.WriteString(_session.Chroot, path);
    }

    /// <summary>Makes a request of what was written; one that is too large has failed already.</summary>
    private Request<T> New<T>(string what, string? path, bool isWrite, in JuteWriter writer, ReplyDecoder<T> decoder)
    {
        if (!writer.IsTooLarge)
            return Request<T>.Rent(_session, what, path, isWrite, writer.Finish(), decoder);
        writer.Discard();
        Request<T> refused = Request<T>.Rent(_session, what, path, isWrite, default, decoder);
        refused.State = RequestState.Completed;
        refused.Fail(new ZkPacketTooLargeException(path, writer.PacketLength, _session.Options.MaxRequestBytes));
        return refused;
    }

    private Request<T> NewRead<T>(
        string what, OpCode op, string path, WatchKind kind, Action<ZkWatchEvent>? watcher, ReplyDecoder<T> decoder)
    {
        ZkPath.Validate(path);
        JuteWriter writer = Start(op);
        WritePath(ref writer, path);
        writer.WriteBool(watcher is not null);
        Request<T> request = New(what, path, isWrite: false, writer, decoder);
        request.AcceptsNoNode = op == OpCode.Exists;
        if (watcher is not null)
        {
            request.WatchKind = kind;
            request.WatchPath = ToServer(path);
            request.Watcher = watcher;
        }

        return request;
    }

    /// <summary>A request that names a path and nothing else.</summary>
    private Request<T> NewOfPath<T>(string what, OpCode op, string path, ReplyDecoder<T> decoder)
    {
        ZkPath.Validate(path);
        JuteWriter writer = Start(op);
        WritePath(ref writer, path);
        return New(what, path, isWrite: false, writer, decoder);
    }

    private Request<T> Submit<T>(Request<T> request, CancellationToken ct)
    {
        _session.Submit(request, ct);
        return request;
    }
}
