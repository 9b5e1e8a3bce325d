namespace ZkArrow.Coordination;

/// <summary>The coordinator gave no answer: the connection or the session ended. Retrying is the caller's decision.</summary>
internal sealed class CoordinatorException(ZkArrowStatus status, string message, int keeperCode, bool mayBeApplied, Exception inner)
    : Exception(message, inner)
{
    public ZkArrowStatus Status { get; } = status;

    public int KeeperCode { get; } = keeperCode;

    /// <summary>Whether the operation may have been applied, now or later.</summary>
    public bool MayBeApplied { get; } = mayBeApplied;
}
