namespace ZkArrow.ZooKeeper.Recipes;

/// <summary>
/// A mutex among the clients of an ensemble, fair in the order of arrival.
/// <para>Guarantees: among clients that were told they hold it, each has a larger token than all before; a release
/// wakes one waiter; a wait that was cancelled or timed out leaves no node; a create whose reply was lost makes one
/// place, not two. Nodes are named as those of Curator's InterProcessMutex (<c>_c_&lt;uuid&gt;-lock-NNNNNNNNNN</c>), and
/// any child that ends in ten digits is waited for, so Curator's and kazoo's
/// (<c>extra_lock_patterns=["-lock-"]</c>) clients contend correctly.</para>
/// <para>Does not guarantee: that a holder notices the loss before the next one starts (see
/// <see cref="ZkLockHandle"/>); tokens of other libraries' holders (they raise no epoch). It is not reentrant: who
/// acquires twice waits for itself. The tokens are kept in the child <c>epoch</c>; deleting it starts them anew.</para>
/// </summary>
public sealed class ZkLock
{
    private readonly LockQueue _queue;

    /// <summary>A lock at a path, which is created when it is missing.</summary>
    /// <param name="client">The client whose session holds the lock.</param>
    /// <param name="path">A path that only this lock uses.</param>
    /// <param name="data">What the node holds, for whoever looks at the queue.</param>
    public ZkLock(ZkClient client, string path, ReadOnlyMemory<byte> data = default)
    {
        ArgumentNullException.ThrowIfNull(client);
        ZkPath.Validate(path);
        _queue = new LockQueue(client, path, "lock-", data);
    }

    /// <summary>Waits for the lock. When the session is lost meanwhile it stands in line again with the next one.</summary>
    /// <exception cref="OperationCanceledException">The token fired first; no node stays behind.</exception>
    public Task<ZkLockHandle> AcquireAsync(CancellationToken ct = default) =>
        _queue.AcquireAsync(LockQueue.OneBefore, isShared: false, ct);

    /// <summary>Waits for the lock for some time; null when that was not enough.</summary>
    public Task<ZkLockHandle?> TryAcquireAsync(TimeSpan timeout, CancellationToken ct = default) =>
        _queue.TryAcquireAsync(LockQueue.OneBefore, isShared: false, timeout, ct);
}
