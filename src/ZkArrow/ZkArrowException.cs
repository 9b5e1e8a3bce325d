namespace ZkArrow;

/// <summary>Every failure of ZkArrow: a status to branch on, and a sentence that says what to do.</summary>
public sealed class ZkArrowException : Exception
{
    /// <summary>Makes an exception with a status and a message of one line.</summary>
    public ZkArrowException(ZkArrowStatus status, string message, Exception? inner = null)
        : base(message, inner) => Status = status;

    /// <summary>How the operation ended.</summary>
    public ZkArrowStatus Status { get; }

    /// <summary>The ZooKeeper error code behind it, or 0.</summary>
    public int KeeperCode { get; init; }

    /// <summary>Whether the same call may succeed later without a change by the caller.</summary>
    public bool IsRetryable { get; init; }

    /// <summary>Whether the operation may have been applied although it is reported as failed.</summary>
    public bool IsOutcomeUnknown { get; init; }
}
