using ZkArrow.Coordination;

namespace ZkArrow.Datasets;

/// <summary>
/// One call of a user: its deadline, its cancellation, and what is needed to say afterwards why it ended. The
/// deadline, the user's token and the closing of the client all fire <see cref="Token"/>.
/// </summary>
internal sealed class Call : IDisposable
{
    private readonly CancellationTokenSource _source;
    private readonly TimeSpan _timeout;
    private readonly CancellationToken _user;
    private readonly CancellationToken _closed;

    public Call(TimeSpan timeout, CancellationToken user, CancellationToken closed)
    {
        _timeout = timeout;
        _user = user;
        _closed = closed;
        _source = CancellationTokenSource.CreateLinkedTokenSource(user, closed);
        if (timeout == TimeSpan.Zero)
            _source.Cancel();
        else if (timeout != Timeout.InfiniteTimeSpan)
            _source.CancelAfter(timeout);
    }

    public CancellationToken Token => _source.Token;

    /// <summary>Set while the coordinator has answered and the call waits for somebody else's commit.</summary>
    public bool WaitsForChange { get; set; }

    /// <summary>What did not happen, when the call ends while it waits for a change.</summary>
    public string AwaitedChange { get; set; } = "nothing happened";

    /// <summary>Set once a commit was sent whose answer is not known.</summary>
    public bool MayBeApplied { get; set; }

    /// <summary>What a user is told of an exception from below; null when it can be shown as it is.</summary>
    public Exception? Translate(Exception e, CoordinatorState state) => e switch
    {
        OperationCanceledException when Token.IsCancellationRequested || _closed.IsCancellationRequested =>
            Ended(state == CoordinatorState.Connected, e),
        CoordinatorException { Status: ZkArrowStatus.Cancelled } => Ended(state == CoordinatorState.Connected, e),
        CoordinatorException c => new ZkArrowException(c.Status, c.Message, c)
        {
            KeeperCode = c.KeeperCode,
            IsOutcomeUnknown = MayBeApplied,
            IsRetryable = c.Status is ZkArrowStatus.Unavailable or ZkArrowStatus.SessionExpired,
        },
        _ => null,
    };

    /// <summary>The exception for a call whose token fired.</summary>
    private Exception Ended(bool connected, Exception cause)
    {
        string unknown = MayBeApplied ? "; it may have been applied, read the head to find out" : "";
        if (_closed.IsCancellationRequested)
        {
            const string Closed = "the client was closed while the call waited";
            return MayBeApplied
                ? new ZkArrowException(ZkArrowStatus.InvalidHandle, Closed + unknown, cause) { IsOutcomeUnknown = true }
                : new ObjectDisposedException(nameof(ZkArrowClient), Closed);
        }

        if (_user.IsCancellationRequested)
            return new ZkArrowCanceledException($"the call was cancelled{unknown}", MayBeApplied, _user);
        bool timeout = connected && (WaitsForChange || _timeout == TimeSpan.Zero);
        string message = timeout
            ? $"{AwaitedChange} within {Seconds}; wait longer"
            : $"the coordinator did not settle it within {Seconds}; check that it runs and can be reached, or give it longer";
        return new ZkArrowException(timeout ? ZkArrowStatus.Timeout : ZkArrowStatus.Unavailable, message + unknown, cause)
        {
            IsRetryable = true,
            IsOutcomeUnknown = MayBeApplied,
        };
    }

    public void Dispose() => _source.Dispose();

    private string Seconds => $"{_timeout.TotalSeconds:0.###} s";
}
