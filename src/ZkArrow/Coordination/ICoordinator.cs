namespace ZkArrow.Coordination;

/// <summary>
/// Where names, versions and ownership live: a small tree store with ZooKeeper's guarantees and nothing more.
/// Everything about datasets is written once, above this seam.
/// </summary>
internal interface ICoordinator : IAsyncDisposable
{
    /// <summary>Whether the session can be used now.</summary>
    CoordinatorState State { get; }

    /// <summary>Raised once per change of <see cref="State"/>; handlers must not block.</summary>
    event Action<CoordinatorState>? StateChanged;

    /// <summary>The session that ephemeral nodes are bound to. It changes when a session ended and another took its place.</summary>
    long SessionId { get; }

    /// <summary>How long a session outlives its last sign of life; <see cref="Timeout.InfiniteTimeSpan"/> where it ends with the process alone.</summary>
    TimeSpan SessionTimeout { get; }

    /// <summary>How long ago the coordinator last confirmed this session, on the monotonic clock.</summary>
    TimeSpan SinceLastHeard { get; }

    /// <summary>A node's data, or null when it does not exist (the watch is then not set).</summary>
    ValueTask<Node?> GetAsync(string path, NodeWatch? watch, CancellationToken cancellationToken);

    /// <summary>Whether a node exists; the watch is set either way.</summary>
    ValueTask<bool> ExistsAsync(string path, NodeWatch? watch, CancellationToken cancellationToken);

    /// <summary>The names of a node's children, in no order; null when the node does not exist.</summary>
    ValueTask<IReadOnlyList<string>?> ChildrenAsync(string path, CancellationToken cancellationToken);

    /// <summary>
    /// Applies all operations or none. A refusal is an answer, not an exception; when the answer was lost a
    /// <see cref="CoordinatorException"/> says whether it may have been applied.
    /// </summary>
    ValueTask<TreeAnswer> CommitAsync(IReadOnlyList<TreeOp> operations, CancellationToken cancellationToken);

    /// <summary>
    /// Catches this session up with the leader: reads sent behind it see every write acknowledged before, but for those of a new leader of which the
    /// old one, cut off or paused, does not know yet.
    /// </summary>
    ValueTask SyncAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Asks a majority, at the price of a write that changes nothing: reads sent behind it see every write that was acknowledged anywhere before
    /// this call.
    /// </summary>
    ValueTask AgreeAsync(CancellationToken cancellationToken);
}

/// <summary>Whether a coordinator can be used.</summary>
internal enum CoordinatorState
{
    Connected = 1,
    Suspended = 2,
    Lost = 3,
    Closed = 4,
}

/// <summary>A node as read. Commits are numbered by one counter of the whole tree.</summary>
/// <param name="Data">Its data.</param>
/// <param name="StatVersion">The compare-and-set token.</param>
/// <param name="CreatedAt">The commit that made it.</param>
/// <param name="ModifiedAt">The commit that last set it.</param>
/// <param name="ReadAt">The last commit that the answering server had applied: the node is as it was there.</param>
/// <param name="SessionId">The session it is bound to; 0 for one that stays.</param>
internal sealed record Node(byte[] Data, int StatVersion, long CreatedAt, long ModifiedAt, long ReadAt, long SessionId);

/// <summary>
/// Called once when a node may have changed, or when watching it ended. One object per watched thing, used again for
/// every read, so that a coordinator registers it once however often it is passed.
/// </summary>
internal sealed class NodeWatch(Action changed)
{
    /// <summary>The coordinator's own form of this watch, made at first use.</summary>
    public Delegate? Registered { get; set; }

    public void Fire() => changed();
}

/// <summary>What a read must see at least.</summary>
internal enum Freshness
{
    /// <summary>What this session has seen: a session never sees less than it saw.</summary>
    Session,

    /// <summary>What the leader has, see <see cref="ICoordinator.SyncAsync"/>: for what is only read, or decided by a commit that checks it.</summary>
    Leader,

    /// <summary>What was acknowledged anywhere, see <see cref="ICoordinator.AgreeAsync"/>: for what was promised, or is decided by the read alone.</summary>
    Majority,
}
