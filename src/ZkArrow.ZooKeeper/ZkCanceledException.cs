namespace ZkArrow.ZooKeeper;

/// <summary>
/// Waiting for an operation was cancelled. Cancelling never takes back what was sent: <see cref="Outcome"/> says
/// whether the operation may still be done.
/// </summary>
public sealed class ZkCanceledException : OperationCanceledException
{
    internal ZkCanceledException(ZkOutcome outcome, string? path, string what, CancellationToken token)
        : base(outcome == ZkOutcome.NotDone
            ? $"{what} was cancelled; it was not done."
            : $"{what} was cancelled after it was sent; it may or may not have been done.", token)
    {
        Outcome = outcome;
        Path = path;
    }

    /// <summary>What is known about the effect of the operation.</summary>
    public ZkOutcome Outcome { get; }

    /// <summary>The node the operation was about, if it was about one.</summary>
    public string? Path { get; }
}
