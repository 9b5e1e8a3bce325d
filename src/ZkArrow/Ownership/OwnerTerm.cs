using Microsoft.Extensions.Logging;
using ZkArrow.Coordination;
using ZkArrow.Datasets;

namespace ZkArrow.Ownership;

/// <summary>
/// One term of an owner: an epoch, and the fence that every commit of the term checks. The fence makes it safe; the state,
/// kept on the monotonic clock, makes it polite: an owner whose session may have run out elsewhere does not even try.
/// </summary>
internal sealed partial class OwnerTerm
{
    private readonly DatasetContext _context;
    private readonly OwnNodes _nodes;
    private readonly OwnNode _own;
    private readonly TermKeeper _keeper;
    private readonly Lock _gate = new();
    private TaskCompletionSource _changed = NewSignal();
    private OwnerState _observed = OwnerState.Connected;
    private TermEnd? _end;
    private long _lockSession;
    private Task? _release;

    /// <param name="context">The client that owns.</param>
    /// <param name="name">The dataset.</param>
    /// <param name="incarnation">Its incarnation.</param>
    /// <param name="own">The owner record as this owner wrote it.</param>
    /// <param name="lockSession">The session that the lock is bound to; 0 when that is not known.</param>
    public OwnerTerm(DatasetContext context, string name, Guid incarnation, OwnNode own, long lockSession)
    {
        (_context, Name, Incarnation, _own, _lockSession) = (context, name, incarnation, own, lockSession);
        _nodes = new OwnNodes(context);
        _keeper = new TermKeeper(this, context.Coordinator);
    }

    public string Name { get; }

    public Guid Incarnation { get; }

    public long Epoch => _own.Record.Epoch;

    /// <summary>The stat version of <c>own</c> while the term lasts.</summary>
    public int Fence => _own.StatVersion;

    /// <summary>Whether it is over for good: released, or taken over.</summary>
    public bool HasEnded => Volatile.Read(ref _end) != null;

    /// <summary>The session that the lock is bound to.</summary>
    public long LockSession
    {
        get => Volatile.Read(ref _lockSession);
        set => Volatile.Write(ref _lockSession, value);
    }

    /// <summary>The state at this moment: asked of the clock, so that it is true before anybody has noticed the change.</summary>
    public OwnerState State
    {
        get
        {
            if (Volatile.Read(ref _end) is { } end)
                return end.State;
            ICoordinator coordinator = _context.Coordinator;
            CoordinatorState session = coordinator.State;
            TimeSpan silence = coordinator.SinceLastHeard;
            TimeSpan timeout = coordinator.SessionTimeout;
            if (coordinator.SessionId != LockSession || session is CoordinatorState.Lost or CoordinatorState.Closed || IsPast(silence, timeout))
                return OwnerState.Lost;
            return session == CoordinatorState.Connected && !IsPast(silence, timeout * 2 / 3) ? OwnerState.Connected : OwnerState.Suspended;
        }
    }

    /// <summary>Called with each new state, one after the other; must not block.</summary>
    public event Action<OwnerState>? StateChanged;

    /// <summary>Looks after the term until it has ended.</summary>
    public Task KeepAsync() => _keeper.KeepAsync();

    /// <summary>Returns when this owner may publish to a dataset; throws when it may not any more, or the call ends before.</summary>
    public async ValueTask RequireAsync(Call call)
    {
        while (true)
        {
            Task changed = Observe(out OwnerState state);
            if (state == OwnerState.Connected)
                return;
            ThrowIfEnded();
            await changed.WaitAsync(call.Token).ConfigureAwait(false);
        }
    }

    /// <summary>Waits until the state is another one; throws when it is over, so that there will be none.</summary>
    public async ValueTask<OwnerState> WaitForChangeAsync(OwnerState from, Call call)
    {
        call.WaitsForChange = true;
        call.AwaitedChange = $"the ownership of '{Name}' stayed as it was";
        while (true)
        {
            Task changed = Observe(out OwnerState state);
            if (state != from)
                return state;
            ThrowIfEnded();
            await changed.WaitAsync(call.Token).ConfigureAwait(false);
        }
    }

    /// <summary>Refuses to be used for another dataset, or by another client, whose session says nothing of this owner; or when it is over.</summary>
    public void ThrowUnlessOf(DatasetContext context, string name)
    {
        if (context != _context)
            throw new ZkArrowException(ZkArrowStatus.InvalidArgument, $"the owner of '{Name}' was acquired by another client; publish with that one");
        if (name != Name)
            throw new ZkArrowException(ZkArrowStatus.InvalidArgument, $"the owner of '{Name}' was given for '{name}'; acquire the ownership of that");
        ThrowIfEnded();
    }

    /// <summary>Throws what a publisher is told once the term is over.</summary>
    public void ThrowIfEnded()
    {
        if (Volatile.Read(ref _end) is { } end)
            throw new ZkArrowException(end.Status, end.Message);
    }

    /// <summary>After a commit was refused at the fence: throws if the term is over; otherwise the refusal was of something older.</summary>
    public async ValueTask ThrowIfDeposedAsync(CancellationToken cancellationToken)
    {
        await LookAsync(null, cancellationToken).ConfigureAwait(false);
        ThrowIfEnded();
    }

    /// <summary>Compares the owner record with the term, and ends the term when somebody else has taken it.</summary>
    public async ValueTask LookAsync(NodeWatch? watch, CancellationToken cancellationToken)
    {
        // the server of a new session may be behind the term itself
        OwnNode? now = await _nodes.ReadAsync(Incarnation, watch, Freshness.Majority, cancellationToken).ConfigureAwait(false);
        if (now?.StatVersion != Fence)
            End(Deposed(now));
    }

    /// <summary>Binds the lock to the session of now, or finds out that somebody has taken over.</summary>
    public async ValueTask RenewAsync(CancellationToken cancellationToken)
    {
        long session = _context.Coordinator.SessionId;
        TreeAnswer answer = await _nodes.RenewAsync(Incarnation, Fence, cancellationToken).ConfigureAwait(false);
        if (!answer.Committed)
            await LookAsync(null, cancellationToken).ConfigureAwait(false);
        else if (_context.Coordinator.SessionId == session)
            LockSession = session;
    }

    /// <summary>
    /// Gives the term back, which is over at once for this client. Goes on behind the caller's back until the coordinator
    /// knows, so that no session that lives keeps a dataset nobody owns.
    /// </summary>
    public Task ReleaseAsync()
    {
        lock (_gate)
        {
            if (_release == null)
            {
                bool isOurs = End(new TermEnd(OwnerState.Released, ZkArrowStatus.NotOwner, $"the ownership of '{Name}' (epoch {Epoch}) was released; acquire it again"));
                _release = isOurs ? _nodes.ReleaseAsync(Incarnation, _own, _context.Closing.Token).AsTask() : Task.CompletedTask;
            }

            return _release;
        }
    }

    /// <summary>The state at this moment, and what completes when it is another one, or final.</summary>
    public Task Observe(out OwnerState state)
    {
        bool isNew;
        Task next;
        lock (_gate)
        {
            state = State;
            isNew = state != _observed;
            if (isNew)
                Fire(state);
            next = _changed.Task;
        }

        if (isNew)
            _keeper.Wake();
        return next;
    }

    /// <summary>Tells whoever listens; what a listener throws is logged, for the term must go on.</summary>
    public void Tell(OwnerState state)
    {
        try
        {
            StateChanged?.Invoke(state);
        }
#pragma warning disable CA1031 // whatever a listener throws
        catch (Exception e)
#pragma warning restore CA1031
        {
            LogListenerFailed(_context.Logger, Name, e);
        }
    }

    private bool End(TermEnd end)
    {
        bool first;
        lock (_gate)
        {
            first = _end == null;
            if (first)
            {
                // those who wait while it is lost must learn that it stays so
                Volatile.Write(ref _end, end);
                Fire(end.State);
            }
        }

        _keeper.Wake();
        return first;
    }

    private void Fire(OwnerState state)
    {
        _observed = state;
        TaskCompletionSource fired = _changed;
        _changed = NewSignal();
        fired.TrySetResult();
    }

    private TermEnd Deposed(OwnNode? now)
    {
        string how = now == null || now.IsDropped ? "ended: the dataset was dropped"
            : now.IsOwned ? $"was taken over by {now.Record.Describe()}; acquire it again"
            : $"was taken over by {now.Record.Describe()}, who has released it since; acquire it again";
        return new TermEnd(OwnerState.Lost, ZkArrowStatus.Fenced, $"the ownership of '{Name}' with epoch {Epoch} {how}");
    }

    [LoggerMessage(EventId = 130, Level = LogLevel.Error, Message = "A listener to the state of the ownership of {Dataset} threw")]
    private static partial void LogListenerFailed(ILogger logger, string dataset, Exception exception);

    private static bool IsPast(TimeSpan silence, TimeSpan limit) => limit >= TimeSpan.Zero && silence >= limit;

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>How a term ended, and what a publisher is told from then on.</summary>
    private sealed record TermEnd(OwnerState State, ZkArrowStatus Status, string Message);
}
