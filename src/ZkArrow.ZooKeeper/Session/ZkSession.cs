using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using ZkArrow.ZooKeeper.Protocol;

namespace ZkArrow.ZooKeeper.Session;

/// <summary>
/// The session behind a client: its state, its queue of requests, and the one gate that guards both. This part takes
/// requests; the others find servers, connect, authenticate and watch.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "A cancellation source without timer and links holds nothing to release.")]
internal sealed partial class ZkSession
{
    private static readonly TimeSpan CloseBound = TimeSpan.FromSeconds(2);
    private readonly ILogger _logger;
    private readonly Dispatcher _dispatcher;
    private readonly List<AuthEntry> _auths = [];
    private readonly TaskCompletionSource _firstSession = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _stop = new();
    private readonly int _ownerProcess = ProcessIdentity.Current;
    private Connection? _connection;
    private Task _run = Task.CompletedTask;
    private Task? _close;
    private bool _closing;
    private volatile ZkState _state = ZkState.Connecting;
    private long _sessionId;
    private long _lastZxid;
    private long _lastConfirmed = Stopwatch.GetTimestamp();

    public ZkSession(ZkClientOptions options)
    {
        options.Validate();
        if (options.Tls is { } tls)
            TlsHandshake.Probe(tls); // what cannot be read is refused here, not while connecting
        Options = options;
        ConnectString = ZkConnectString.Parse(options.ConnectString);
        _logger = options.LoggerFactory.CreateLogger<ZkClient>();
        _dispatcher = new Dispatcher(_logger);
        foreach (ZkAuth auth in options.Auth)
        {
            Requests.Auth(auth, options.MaxRequestBytes).Return(); // refuses what is too large here, not while connecting
            _auths.Add(new AuthEntry(auth));
        }
    }

    public event Action<ZkStateChange>? StateChanged;

    public Lock Gate { get; } = new();
    public ZkClientOptions Options { get; }
    public ZkConnectString ConnectString { get; private set; }
    public string Chroot => ConnectString.Chroot;
    /// <summary>Requests that were not sent yet; under the gate.</summary>
    public RequestQueue Queue { get; } = new();
    public WatchTable Watches { get; } = new();
    public ZkState State => _state;
    public long SessionId { get => Volatile.Read(ref _sessionId); private set => Volatile.Write(ref _sessionId, value); }
    public long LastZxid { get => Volatile.Read(ref _lastZxid); private set => Volatile.Write(ref _lastZxid, value); }
    public int NegotiatedMs { get; private set; }
    public TimeSpan SinceLastHeard => Stopwatch.GetElapsedTime(Volatile.Read(ref _lastConfirmed));

    internal byte[] Password => _password;

    /// <summary>Pretends to be in a forked child, which no test of a .NET process can be.</summary>
    internal bool PretendForked { get; set; }

    /// <summary>The xid of the last request that was sent; under the gate. A test sets it near the end.</summary>
    internal int LastXid { get; set; }

    /// <summary>Under the gate: positive always, as the others have a meaning of their own.</summary>
    public int NextXid() => LastXid = LastXid == int.MaxValue ? 1 : LastXid + 1;

    /// <summary>Queues a request. Whatever goes wrong, it is the request that fails.</summary>
    public void Submit(Request request, CancellationToken cancellation)
    {
        if (request.State == RequestState.Completed)
            return; // too large: it failed when it was made
        if (Telemetry.IsTimed || Options.OperationTimeout is not null)
            request.SubmittedAt = Stopwatch.GetTimestamp();
        Telemetry.Started(request);
        if (cancellation.CanBeCanceled)
        {
            request.Cancellation = cancellation.UnsafeRegister(
                static (state, token) => ((Request)state!).Session.Cancel((Request)state!, token), request);
        }

        Connection? writer;
        Exception? refusal;
        lock (Gate)
            refusal = Enqueue(request, out writer);
        if (refusal is not null)
            request.Fail(refusal);
        writer?.WriteSoon();
    }

    /// <summary>Under the gate: a server confirmed something that was sent at this time.</summary>
    public void Confirm(long sentAt)
    {
        if (sentAt > _lastConfirmed)
            Volatile.Write(ref _lastConfirmed, sentAt);
    }

    /// <summary>Under the gate: a reply carried this transaction.</summary>
    public void Saw(long zxid)
    {
        if (zxid > LastZxid)
            LastZxid = zxid;
    }

    /// <summary>Ends the session with the server if it can be reached soon, and stops. Later calls wait for the first.</summary>
    public async Task CloseAsync()
    {
        bool isCallback = _dispatcher.IsCurrent;
        Task close;
        lock (Gate)
            close = _close ??= CloseOnceAsync();
        await close.ConfigureAwait(false);
        if (!isCallback)
            await _dispatcher.Drained.ConfigureAwait(false);
    }

    private async Task CloseOnceAsync()
    {
        await Task.Yield(); // out of the gate
        List<Request> unsent;
        Request<bool>? goodbye = null;
        Connection? writer = null;
        lock (Gate)
        {
            unsent = TakeQueued();
            if (_connection is not null && State == ZkState.Connected)
            {
                JuteWriter packet = Requests.Start(OpCode.CloseSession, 1024);
                goodbye = Request<bool>.Rent(this, "Close", null, isWrite: true, packet.Finish(), Replies.Nothing);
                if (Enqueue(goodbye, out writer) is not null)
                    goodbye = null; // a forked child must not end its parent's session
            }

            _closing = true;
        }

        writer?.Write();
        foreach (Request request in unsent)
            request.Fail(ZkErrorCode.Closing, ZkOutcome.NotDone);
        if (goodbye is not null)
        {
            try
            {
                await goodbye.Task.AsTask().WaitAsync(CloseBound).ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is ZkException or TimeoutException)
            {
                // the session then ends by its timeout
            }
        }

        await _stop.CancelAsync().ConfigureAwait(false);
        await _run.ConfigureAwait(false);
        End(ZkState.Closed, ZkErrorCode.Closing);
        Telemetry.Closed(this);
        if (_deadlines is not null)
            await _deadlines.DisposeAsync().ConfigureAwait(false);
        _dispatcher.Complete();
    }

    /// <summary>Under the gate. Returns why the request was refused, in which case the caller fails it.</summary>
    private Exception? Enqueue(Request request, out Connection? writer)
    {
        writer = null;
        if (request.State != RequestState.New)
            return null; // cancelled before it was queued
        Exception? refusal = Refusal(request.What, request.Path);
        if (refusal is null && request.PersistentWatch is { } watch && !Watches.Reserve(watch))
        {
            refusal = new ZkException(ZkErrorCode.BadArguments, ZkOutcome.NotDone, request.Path,
                $"AddWatch of '{request.Path}' was refused: this client has a persistent watch of the "
                + "other mode on the path, and servers before 3.9 keep only one.");
        }

        if (refusal is not null)
        {
            request.State = RequestState.Completed;
            request.Packet.Return();
            return refusal;
        }

        // see WatchTable: the flag is the last byte of the three requests that can set a one-shot watch
        if (request.Watcher is not null && Watches.IsCovered(request.WatchPath))
            request.Packet.Buffer[request.Packet.Length - 1] = 0;
        request.State = RequestState.Queued;
        Queue.Enqueue(request);
        SetDeadline(request);
        if (_connection?.TryStartWriting() == true)
            writer = _connection;
        return null;
    }

    /// <summary>How many requests wait to be sent, and how many for their reply.</summary>
    public (int Queued, int InFlight) CountRequests()
    {
        lock (Gate)
            return (Queue.Count, _connection?.InFlight.Count ?? 0);
    }

    private ZkException? Refusal(string what, string? path)
    {
        if (PretendForked || ProcessIdentity.Current != _ownerProcess)
            return new ZkForkedProcessException(path);
        if (State == ZkState.AuthFailed)
            return ZkException.Create(ZkErrorCode.AuthFailed, ZkOutcome.NotDone, path, what);
        return _closing ? ZkException.Create(ZkErrorCode.Closing, ZkOutcome.NotDone, path, what) : null;
    }

    private void Cancel(Request request, CancellationToken token)
    {
        ZkOutcome outcome = ZkOutcome.NotDone;
        lock (Gate)
        {
            switch (request.State)
            {
                case RequestState.Completed:
                    return;
                case RequestState.Queued:
                    Queue.Remove(request);
                    request.Packet.Return();
                    break;
                case RequestState.New:
                    request.Packet.Return();
                    break;
                case RequestState.InFlight:
                    // its slot stays: the reply still comes, and nobody listens
                    outcome = request.OutcomeWithoutReply;
                    break;
            }

            request.State = RequestState.Completed;
        }

        request.Fail(new ZkCanceledException(outcome, request.Path, request.What, token));
    }

    private List<Request> TakeQueued()
    {
        List<Request> all = Queue.DequeueAll();
        foreach (Request request in all)
        {
            request.State = RequestState.Completed;
            request.Packet.Return();
        }

        return all;
    }

    /// <summary>
    /// Under the gate: every change goes out once and in order, as the dispatcher keeps the order. Each handler is a
    /// callback of its own, so that one that throws does not keep the change from the others.
    /// </summary>
    private void SetState(ZkState state, long sessionId)
    {
        if (State == state)
            return;
        ZkStateChange change = new(State, state, sessionId);
        _state = state;
        foreach (Action<ZkStateChange> handler in Delegate.EnumerateInvocationList(StateChanged))
            _dispatcher.Post(() => handler(change));
    }

    /// <summary>Goes to a final state: nothing that waits is left waiting.</summary>
    private void End(ZkState state, ZkErrorCode code)
    {
        List<Request> unsent, sent;
        List<AuthEntry> auths;
        lock (Gate)
        {
            _closing = true;
            unsent = TakeQueued();
            sent = _connection?.TakeInFlight() ?? [];
            auths = [.. _auths];
            if (State is not (ZkState.Closed or ZkState.AuthFailed))
            {
                PostLostToAll();
                SetState(state, SessionId);
            }
        }

        foreach (Request request in unsent)
            request.Fail(code, ZkOutcome.NotDone);
        foreach (Request request in sent)
            request.Fail(code, request.OutcomeWithoutReply);
        ZkException reason = ZkException.Create(code, ZkOutcome.NotDone, null, "Connect");
        foreach (AuthEntry entry in auths)
        {
            if (entry.Answered.TrySetException(reason))
                _ = entry.Answered.Task.Exception; // nobody may be waiting
        }

        if (_firstSession.TrySetException(reason))
            _ = _firstSession.Task.Exception;
    }
}
