using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using ZkArrow.ZooKeeper.Protocol;

namespace ZkArrow.ZooKeeper.Session;

/// <summary>The part that keeps the session connected: one loop from the first connection to the close.</summary>
internal sealed partial class ZkSession
{
    private const int PasswordBytes = 16;
    private static readonly TimeSpan MaxPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MinAttempt = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan MinPause = TimeSpan.FromMilliseconds(10);
    private byte[] _password = new byte[PasswordBytes];

    /// <summary>Starts connecting, and waits for the first session and the answers to the credentials given with it.</summary>
    public async Task ConnectAsync(CancellationToken cancellation)
    {
        using (ExecutionContext.SuppressFlow()) // what happens later is not part of whatever made the client
            _run = Task.Run(RunAsync, CancellationToken.None);
        Telemetry.Opened(this);
        try
        {
            await _firstSession.Task.WaitAsync(cancellation).ConfigureAwait(false);
            foreach (AuthEntry entry in _auths.ToArray())
                await entry.Answered.Task.WaitAsync(cancellation).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is OperationCanceledException or ZkException)
        {
            await CloseAsync().ConfigureAwait(false);
            if (exception is ZkException)
                throw;
            throw new ZkCanceledException(ZkOutcome.NotDone, null, "Connect", cancellation);
        }
    }

    private async Task RunAsync()
    {
        try
        {
            await KeepConnectedAsync().ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // closed, or refused for good
        }
#pragma warning disable CA1031 // a mistake in here must not leave callers waiting for ever
        catch (Exception exception)
#pragma warning restore CA1031
        {
            _logger.LoopFailed(exception);
            End(ZkState.Closed, ZkErrorCode.SystemError);
        }
    }

    private async Task KeepConnectedAsync()
    {
        Queue<(string Name, IPEndPoint Address)> cycle = new();
        int failedCycles = 0;
        int servers = 1;
        while (!_stop.IsCancellationRequested)
        {
            if (cycle.Count == 0 || _serversChanged)
            {
                _serversChanged = false;
                cycle = await ResolveAsync().ConfigureAwait(false);
                servers = Math.Max(1, cycle.Count);
            }

            if (TryTakePreferred(out (string Name, IPEndPoint Address)? better)
                && await TryServeAsync(better.Value.Name, better.Value.Address, servers).ConfigureAwait(false))
            {
                failedCycles = 0;
                continue;
            }

            if (cycle.TryDequeue(out (string Name, IPEndPoint Address) server)
                && await TryServeAsync(server.Name, server.Address, servers).ConfigureAwait(false))
            {
                failedCycles = 0;
                continue;
            }

            DeclareLostIfOverdue();
            if (cycle.Count == 0)
                await Task.Delay(Pause(failedCycles++), _stop.Token).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Connects to one server and stays with it until the connection breaks. False if it never came about, or broke
    /// before it was of use: then the next attempt should pause, lest the two of us spin.
    /// </summary>
    private async Task<bool> TryServeAsync(string name, IPEndPoint address, int servers)
    {
        Stream stream;
        ConnectResponse response;
        long sentAt;
        bool isProved;
        try
        {
            using CancellationTokenSource bound = AttemptBound(servers);
            stream = await OpenAsync(address, bound.Token).ConfigureAwait(false);
            try
            {
                stream = await SecureAsync(stream, name, bound.Token).ConfigureAwait(false);
                sentAt = Stopwatch.GetTimestamp();
                response = await HandshakeAsync(stream, bound.Token).ConfigureAwait(false);
                isProved = await ProveAsync(stream, response, bound.Token).ConfigureAwait(false);
            }
            catch
            {
                await stream.DisposeAsync().ConfigureAwait(false);
                throw;
            }
        }
        catch (Exception exception) when (
            exception is SocketException or IOException or ZkProtocolException
            || (exception is OperationCanceledException && !_stop.IsCancellationRequested))
        {
            TellFailure(name, exception);
            return false;
        }

        if (response.IsExpired)
        {
            await stream.DisposeAsync().ConfigureAwait(false);
            bool hadSession = SessionId != 0;
            DeclareLost("the server says that it expired.");
            return hadSession;
        }

        if (!isProved)
        {
            await stream.DisposeAsync().ConfigureAwait(false);
            RefuseCredentials("sasl");
            return false;
        }

        _toldFailures.Clear();
        _lastServer = address;
        Connection connection = Establish(stream, response, sentAt, name);
        _logger.Connected(response.SessionId, address, response.TimeoutMs);
        Task seeking = response.ReadOnly ? SeekWriterAsync(connection, address) : Task.CompletedTask;
        string reason = await connection.RunAsync(_stop.Token).ConfigureAwait(false);
        Suspend(connection, reason);
        await seeking.ConfigureAwait(false);
        return connection.WasOfUse;
    }

    private Connection Establish(Stream stream, in ConnectResponse response, long sentAt, string name)
    {
        Connection connection = new(this, stream, response.TimeoutMs);
        bool start, isListed;
        lock (Gate)
        {
            isListed = IsListed(name); // the list may have changed while it was connecting
            SessionId = response.SessionId;
            _serverName = name;
            _favoured = [];
            _isGranted |= !response.ReadOnly;
            _password = response.Password;
            NegotiatedMs = response.TimeoutMs;
            Confirm(sentAt);
            // the order on the wire: credentials, watches, then what is queued
            foreach (AuthEntry entry in _auths)
                connection.QueueAuth(entry);
            foreach (Packet packet in RearmPackets())
                connection.QueueRearm(packet);
            _connection = connection;
            if (!_closing)
                SetState(response.ReadOnly ? ZkState.ConnectedReadOnly : ZkState.Connected, SessionId);
            if (!_firstSession.TrySetResult())
                Telemetry.Reconnected();
            start = connection.TryStartWriting();
        }

        if (start)
            connection.Write();
        if (!isListed)
            connection.Break("its server is not in the new list.");
        return connection;
    }

    private void Suspend(Connection connection, string reason)
    {
        List<Request> sent;
        bool closing;
        lock (Gate)
        {
            closing = _closing;
            _connection = null;
            sent = connection.TakeInFlight();
            if (!closing)
                SetState(ZkState.Suspended, SessionId);
        }

        if (!closing)
            _logger.Suspended(SessionId, reason);
        foreach (Request request in sent)
        {
            request.Fail(
                closing ? ZkErrorCode.Closing : ZkErrorCode.ConnectionLoss, request.OutcomeWithoutReply, $"Reason: {reason}");
        }
    }

    private void DeclareLostIfOverdue()
    {
        if (UntilAssumedLost() is { } left && left <= TimeSpan.Zero)
            DeclareLost($"no server answered for {SinceLastHeard.TotalMilliseconds:F0} ms.");
    }

    /// <summary>
    /// Forgets the session. Its unsent requests fail: what was meant under one session (an ephemeral, a write under a
    /// lock) must not happen under another.
    /// </summary>
    private void DeclareLost(string reason)
    {
        List<Request> unsent;
        lock (Gate)
        {
            if (SessionId == 0 || _closing)
                return;
            _logger.Lost(SessionId, reason);
            unsent = TakeQueued();
            PostLostToAll();
            SetState(ZkState.Lost, SessionId);
            SessionId = 0;
            _isGranted = false;
            LastZxid = 0;
            _password = new byte[PasswordBytes];
        }

        foreach (Request request in unsent)
            request.Fail(ZkErrorCode.SessionExpired, ZkOutcome.NotDone);
    }

    /// <summary>
    /// Time until a session without a connection counts as lost: 4/3 of its timeout after the last sign of life, by
    /// when any server that could be reached would have expired it. Null without a session.
    /// </summary>
    private TimeSpan? UntilAssumedLost() =>
        SessionId == 0 ? null : TimeSpan.FromMilliseconds(NegotiatedMs * 4.0 / 3) - SinceLastHeard;

    /// <summary>
    /// Bounds one attempt. A server that is just starting may take a connection and never answer on it, so a session
    /// that could expire meanwhile leaves time for three attempts.
    /// </summary>
    private CancellationTokenSource AttemptBound(int servers)
    {
        TimeSpan bound = UntilAssumedLost() is { } left
            ? TimeSpan.FromMilliseconds(Math.Min((double)NegotiatedMs / Math.Max(servers, 3), left.TotalMilliseconds))
            : Options.SessionTimeout / servers;
        CancellationTokenSource source = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        source.CancelAfter(bound > MinAttempt ? bound : MinAttempt);
        return source;
    }

    private TimeSpan Pause(int failedCycles)
    {
        double pause = Math.Min(MinPause.TotalMilliseconds * (1L << Math.Min(failedCycles, 10)), MaxPause.TotalMilliseconds);
        pause *= 0.5 + (Random.Shared.NextDouble() / 2);
        if (UntilAssumedLost() is { } left)
            pause = Math.Clamp(left.TotalMilliseconds, 1, pause);
        return TimeSpan.FromMilliseconds(pause);
    }
}
