namespace ZkArrow;

/// <summary>How an ownership stands, as far as its owner can know.</summary>
public enum OwnerState
{
    /// <summary>It publishes.</summary>
    Connected = 1,

    /// <summary>
    /// The connection is lost, or nothing was heard for two thirds of the session's timeout. Nobody else owns it yet, but
    /// it does not publish until it is <see cref="Connected"/> again.
    /// </summary>
    Suspended = 2,

    /// <summary>
    /// The session may have ended, so that another may own it now. If nobody does when the connection is back, it is
    /// <see cref="Connected"/> again with the same epoch; otherwise this is the end, and publishing is refused as Fenced.
    /// </summary>
    Lost = 3,

    /// <summary>It was released. The end.</summary>
    Released = 4,
}

/// <summary>How to acquire ownership.</summary>
public sealed record OwnershipOptions
{
    private readonly TimeSpan? _timeout;

    /// <summary>
    /// How long to wait for the owner that is there; <see cref="System.Threading.Timeout.InfiniteTimeSpan"/> leaves only the
    /// token; null for the client's OperationTimeout.
    /// </summary>
    public TimeSpan? Timeout
    {
        get => _timeout;
        init => _timeout = value is null || value >= TimeSpan.Zero || value == System.Threading.Timeout.InfiniteTimeSpan
            ? value
            : throw new ZkArrowException(ZkArrowStatus.InvalidArgument, $"Timeout was {value}; it must not be negative");
    }

    /// <summary>
    /// Whether to take the dataset from an owner that lives, without waiting. It is told, and what it publishes from then on is
    /// refused: for an operator, or for a supervisor that knows the owner to be dead.
    /// </summary>
    public bool TakeOver { get; init; }
}
