namespace ZkArrow.ZooKeeper.Recipes;

/// <summary>
/// A lock, a leadership or a lease that was acquired.
/// <para>No lock of this kind can stop its holder: a process that was paused wakes up and goes on writing after its
/// session ended and somebody else acquired. So stop at <see cref="Lost"/>, and let the thing that is protected refuse
/// what is late: put <see cref="Fence"/> into the same multi when it is in ZooKeeper, else send
/// <see cref="Token"/> along and let the other side refuse tokens smaller than the largest it has seen.</para>
/// </summary>
public sealed class ZkLockHandle : IAsyncDisposable
{
    private readonly Contender _contender;
    private readonly LossMonitor _monitor;

    internal ZkLockHandle(ZkClient client, Contender contender, Grant grant)
    {
        _contender = contender;
        NodePath = contender.NodePath;
        (Token, Fence) = (grant.Token, grant.Fence);
        _monitor = new LossMonitor(client, contender.Session, NodePath);
    }

    /// <summary>The fencing token: larger than that of every earlier exclusive holder of the same path.</summary>
    public long Token { get; }

    /// <summary>
    /// Operations for the front of a <see cref="ZkClient.MultiAsync"/>: it is done only if this is still held when the
    /// servers do it.
    /// </summary>
    public IReadOnlyList<ZkOp> Fence { get; }

    /// <summary>
    /// Fires when this may be held no more: the session was lost, or nothing was heard from a server for two thirds
    /// of its timeout, or the node was deleted. It does not fire on release, and never goes back.
    /// </summary>
    public CancellationToken Lost => _monitor.Lost;

    /// <summary>Whether this is held as far as the client knows now. True does not protect the next step; a fence does.</summary>
    public bool IsHeld => _monitor.IsHeld;

    /// <summary>The node that stands for this in the queue.</summary>
    public string NodePath { get; }

    /// <summary>
    /// Releases: deletes the node, so that the next one may go on. It returns when that was done, when the session is
    /// lost, or after two seconds, and then goes on by itself.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        _monitor.Dispose();
        await _contender.LeaveBoundedAsync().ConfigureAwait(false);
    }
}
