namespace ZkArrow;

/// <summary>A call was cancelled. Cancelling stops the waiting and undoes nothing.</summary>
public sealed class ZkArrowCanceledException : OperationCanceledException
{
    /// <summary>Makes one with the token that fired.</summary>
    public ZkArrowCanceledException(string message, bool outcomeUnknown, CancellationToken token)
        : base(message, token) => IsOutcomeUnknown = outcomeUnknown;

    /// <summary>Whether what was asked for may have been applied all the same.</summary>
    public bool IsOutcomeUnknown { get; }
}
