using ZkArrow.Coordination;

namespace ZkArrow.Ownership;

/// <summary>
/// Looks after one term while it lasts: keeps the lock bound to the session of now, notices a take-over, and tells the
/// state when it changes, be it by the clock alone. One loop that sleeps until something happens or the clock says so.
/// </summary>
internal sealed class TermKeeper
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Margin = TimeSpan.FromMilliseconds(1);

    private readonly OwnerTerm _term;
    private readonly ICoordinator _coordinator;
    private readonly NodeWatch _watch;
    private TaskCompletionSource _woken = NewSignal();
    private bool _isWatching;

    public TermKeeper(OwnerTerm term, ICoordinator coordinator)
    {
        (_term, _coordinator) = (term, coordinator);
        _watch = new NodeWatch(() =>
        {
            Volatile.Write(ref _isWatching, false);
            Wake();
        });
    }

    public void Wake() => Volatile.Read(ref _woken).TrySetResult();

    public async Task KeepAsync()
    {
        await Task.Yield();
        OwnerState told = OwnerState.Connected;
        Task tending = Task.CompletedTask;
        _coordinator.StateChanged += OnStateChanged;
        try
        {
            while (true)
            {
                Volatile.Write(ref _woken, NewSignal());
                Task woken = _woken.Task;
                _ = _term.Observe(out OwnerState state);
                if (state != told)
                    _term.Tell(told = state);
                if (_term.HasEnded || _coordinator.State == CoordinatorState.Closed)
                    return;
                // looked at once: where it ends in between, what woke it meanwhile would be slept over
                bool rests = tending.IsCompleted;
                if (rests && NeedsTending)
                    (tending, rests) = (TendAsync(), false);
                using CancellationTokenSource timer = new();
                await Task.WhenAny(woken, Task.Delay(UntilNextLook(state), timer.Token), rests ? woken : tending).ConfigureAwait(false);
                await timer.CancelAsync().ConfigureAwait(false);
            }
        }
        finally
        {
            _coordinator.StateChanged -= OnStateChanged;
        }
    }

    private bool NeedsTending =>
        _coordinator.State == CoordinatorState.Connected && (_term.LockSession != _coordinator.SessionId || !Volatile.Read(ref _isWatching));

    /// <summary>What needs the coordinator; runs beside the loop, which must go on telling what the clock says.</summary>
    private async Task TendAsync()
    {
        using CancellationTokenSource bound = new(_coordinator.SessionTimeout);
        try
        {
            if (!Volatile.Read(ref _isWatching))
            {
                // set before it is asked for: it may fire before the answer is looked at
                Volatile.Write(ref _isWatching, true);
                await _term.LookAsync(_watch, bound.Token).ConfigureAwait(false);
            }

            if (!_term.HasEnded && _term.LockSession != _coordinator.SessionId)
                await _term.RenewAsync(bound.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is CoordinatorException or OperationCanceledException or ZkArrowException)
        {
            // the connection went, or the record cannot be read; asked again as long as the term lasts
            Volatile.Write(ref _isWatching, false);
            await Task.Delay(Pause).ConfigureAwait(false);
        }
    }

    /// <summary>When the clock alone may change the state. Silence on a connection that stands may end without a sign, so it is asked again.</summary>
    private TimeSpan UntilNextLook(OwnerState state)
    {
        TimeSpan timeout = _coordinator.SessionTimeout;
        if (timeout < TimeSpan.Zero || state == OwnerState.Lost)
            return Timeout.InfiniteTimeSpan;
        TimeSpan left = (state == OwnerState.Connected ? timeout * 2 / 3 : timeout) - _coordinator.SinceLastHeard;
        if (state == OwnerState.Suspended && _coordinator.State == CoordinatorState.Connected && left > Pause)
            left = Pause;
        return left > TimeSpan.Zero ? left + Margin : Margin;
    }

    private void OnStateChanged(CoordinatorState state) => Wake();

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
