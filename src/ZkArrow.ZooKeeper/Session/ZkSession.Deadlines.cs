using System.Diagnostics;

namespace ZkArrow.ZooKeeper.Session;

/// <summary>
/// The part that ends operations which took too long. All have the same timeout, so the oldest of each queue is the
/// next to end: one timer, set again only when it fired, serves any number of them.
/// </summary>
internal sealed partial class ZkSession
{
    private Timer? _deadlines;
    private bool _deadlineIsSet;

    /// <summary>Under the gate, when a request was queued.</summary>
    private void SetDeadline(Request request)
    {
        if (Options.OperationTimeout is not { } timeout)
            return;
        if (request.SubmittedAt == 0)
            request.SubmittedAt = Stopwatch.GetTimestamp();
        if (_deadlineIsSet)
            return;
        _deadlineIsSet = true;
        if (_deadlines is null)
        {
            using (ExecutionContext.SuppressFlow())
                _deadlines = new Timer(static self => ((ZkSession)self!).EndOverdue(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }

        _deadlines.Change(timeout, Timeout.InfiniteTimeSpan);
    }

    private void EndOverdue()
    {
        TimeSpan timeout = Options.OperationTimeout!.Value;
        List<(Request Request, ZkOutcome Outcome)> overdue = [];
        lock (Gate)
        {
            TimeSpan? next = null;
            foreach (RequestQueue? queue in (ReadOnlySpan<RequestQueue?>)[_connection?.InFlight, Queue])
            {
                for (Request? request = queue?.Peek(), following; request is not null; request = following)
                {
                    following = request.Next;
                    if (request.State == RequestState.Completed)
                        continue; // cancelled; its slot waits for the reply
                    TimeSpan left = timeout - Stopwatch.GetElapsedTime(request.SubmittedAt);
                    if (left > TimeSpan.Zero)
                    {
                        next = next < left ? next : left;
                        break;
                    }

                    ZkOutcome outcome = ZkOutcome.NotDone;
                    if (request.State == RequestState.Queued)
                    {
                        Queue.Remove(request);
                        request.Packet.Return();
                    }
                    else
                    {
                        outcome = request.OutcomeWithoutReply;
                    }

                    request.State = RequestState.Completed;
                    overdue.Add((request, outcome));
                }
            }

            _deadlineIsSet = next is not null;
            if (next is { } wait)
                _deadlines!.Change(wait + TimeSpan.FromMilliseconds(1), Timeout.InfiniteTimeSpan);
        }

        foreach ((Request request, ZkOutcome outcome) in overdue)
            request.Fail(ZkErrorCode.OperationTimeout, outcome, $"It took longer than {timeout.TotalMilliseconds:F0} ms.");
    }
}
