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

    /// <summary>Catches this session up with the leader: later reads see every write acknowledged before.</summary>
    ValueTask SyncAsync(CancellationToken cancellationToken);
}

/// <summary>Whether a coordinator can be used.</summary>
internal enum CoordinatorState
{
    Connected = 1,
    Suspended = 2,
    Lost = 3,
    Closed = 4,
}

/// <summary>A node as read: its data, its stat version (the compare-and-set token) and the commit that last set it.</summary>
internal sealed record Node(byte[] Data, int StatVersion, long ModifiedAt);

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
