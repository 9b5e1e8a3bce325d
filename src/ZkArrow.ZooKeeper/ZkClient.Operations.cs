using ZkArrow.ZooKeeper.Protocol;
using ZkArrow.ZooKeeper.Session;

namespace ZkArrow.ZooKeeper;

public sealed partial class ZkClient
{
    /// <summary>Creates a node. Its parent must exist.</summary>
    /// <param name="path">The path; for a sequential mode the server appends ten digits to it.</param>
    /// <param name="data">Its bytes.</param>
    /// <param name="mode">How long it lives and how it is named.</param>
    /// <param name="acl">Its access list, or the one of the options.</param>
    /// <param name="ttl">For the TTL modes, and only for them: how long it lives unchanged and childless.</param>
    /// <param name="ct">Stops waiting; see <see cref="ZkCanceledException"/>.</param>
    /// <exception cref="ZkNodeExistsException">The node exists already (perhaps ours from an earlier session: compare
    /// <see cref="ZkStat.EphemeralOwner"/>).</exception>
    /// <exception cref="ZkNoNodeException">The parent does not exist.</exception>
    public ValueTask<ZkCreated> CreateAsync(
        string path, ReadOnlyMemory<byte> data, ZkCreateMode mode = ZkCreateMode.Persistent,
        IReadOnlyList<ZkAcl>? acl = null, TimeSpan? ttl = null, CancellationToken ct = default) =>
        Submit(NewCreate(path, data, mode, acl, ttl), ct).Task;

    /// <summary>Deletes a node that has no children, if it has the expected version (-1: any).</summary>
    /// <exception cref="ZkNoNodeException">The node does not exist.</exception>
    /// <exception cref="ZkBadVersionException">It has another version.</exception>
    /// <exception cref="ZkNotEmptyException">It has children.</exception>
    public ValueTask DeleteAsync(string path, int version = -1, CancellationToken ct = default) =>
        Submit(NewDelete(path, version), ct).VoidTask;

    /// <summary>Asks whether a node exists. The watcher is called once, when it is created, deleted or set.</summary>
    public ValueTask<ZkExists> ExistsAsync(
        string path, Action<ZkWatchEvent>? watcher = null, CancellationToken ct = default) =>
        Submit(NewRead("Exists", OpCode.Exists, path, WatchKind.Exists, watcher, Replies.Exists), ct).Task;

    /// <summary>Reads a node's data. The watcher is called once, when it is set or deleted.</summary>
    /// <exception cref="ZkNoNodeException">The node does not exist; no watch was set.</exception>
    public ValueTask<ZkData> GetDataAsync(
        string path, Action<ZkWatchEvent>? watcher = null, CancellationToken ct = default) =>
        Submit(NewRead("GetData", OpCode.GetData, path, WatchKind.Data, watcher, Replies.Data), ct).Task;

    /// <summary>Sets a node's data if it has the expected version (-1: any).</summary>
    /// <exception cref="ZkNoNodeException">The node does not exist.</exception>
    /// <exception cref="ZkBadVersionException">It has another version. After a lost reply that may be our own write.</exception>
    public ValueTask<ZkSet> SetDataAsync(
        string path, ReadOnlyMemory<byte> data, int version = -1, CancellationToken ct = default) =>
        Submit(NewSetData(path, data, version), ct).Task;

    /// <summary>Lists a node's children. The watcher is called once, when one is created or deleted, or the node is.</summary>
    /// <exception cref="ZkNoNodeException">The node does not exist; no watch was set.</exception>
    public ValueTask<ZkChildren> GetChildrenAsync(
        string path, Action<ZkWatchEvent>? watcher = null, CancellationToken ct = default) =>
        Submit(NewRead("GetChildren", OpCode.GetChildren2, path, WatchKind.Children, watcher, Replies.Children), ct).Task;

    /// <summary>
    /// Lets this session's server catch up with the leader, and returns the transaction it has then. Good for fresh
    /// reads; no proof against a leader that was deposed.
    /// </summary>
    public ValueTask<long> SyncAsync(string path, CancellationToken ct = default) =>
        Submit(NewOfPath("Sync", OpCode.Sync, path, Replies.Zxid), ct).Task;

    /// <summary>Does all operations in one transaction, or none. The list is not to be changed until it is answered.</summary>
    /// <exception cref="ZkMultiException">An operation was refused, so none was done.</exception>
    public ValueTask<ZkMultiResult> MultiAsync(IReadOnlyList<ZkOp> ops, CancellationToken ct = default) =>
        Submit(NewMulti(ops), ct).Task;

    /// <summary>Reads a node's access list.</summary>
    public ValueTask<ZkAclResult> GetAclAsync(string path, CancellationToken ct = default) =>
        Submit(NewOfPath("GetAcl", OpCode.GetAcl, path, Replies.Acl), ct).Task;

    /// <summary>Sets a node's access list if that has the expected version (<see cref="ZkStat.Aversion"/>; -1: any).</summary>
    public ValueTask<ZkSet> SetAclAsync(
        string path, IReadOnlyList<ZkAcl> acl, int aclVersion = -1, CancellationToken ct = default)
    {
        ZkPath.Validate(path);
        ArgumentNullException.ThrowIfNull(acl);
        JuteWriter writer = Start(OpCode.SetAcl);
        WritePath(ref writer, path);
        Requests.WriteAcl(ref writer, acl);
        writer.WriteInt(aclVersion);
        return Submit(New("SetAcl", path, isWrite: true, writer, Replies.Set), ct).Task;
    }

    /// <summary>Presents credentials, now and on every later connection. Refused ones end the client.</summary>
    /// <exception cref="ZkAuthFailedException">The server refused them.</exception>
    public async ValueTask AddAuthAsync(ZkAuth auth, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(auth);
        await _session.AddAuthAsync(auth, ct).ConfigureAwait(false);
    }

    /// <summary>
    /// Watches a node, or a node and all below it, until the returned handle is disposed. The watch is armed again on
    /// every reconnect and in every new session; as servers do not replay what was missed, the watcher then gets a
    /// <see cref="ZkEventType.Resync"/> and must read again what it covers.
    /// </summary>
    /// <exception cref="ZkException">BadArguments: this client watches the path in the other mode already. Unimplemented: the
    /// server is older than 3.6; one-shot watches work there.</exception>
    public async ValueTask<IAsyncDisposable> AddWatchAsync(
        string path, ZkWatchMode mode, Action<ZkWatchEvent> watcher, CancellationToken ct = default)
    {
        ZkPath.Validate(path);
        ArgumentNullException.ThrowIfNull(watcher);
        PersistentWatch watch = new(ToServer(path), mode, watcher);
        JuteWriter writer = Start(OpCode.AddWatch);
        writer.WriteString(watch.Path);
        writer.WriteInt((int)mode);
        Request<bool> request = New("AddWatch", path, isWrite: false, writer, Replies.Nothing);
        request.PersistentWatch = watch;
        try
        {
            await Submit(request, ct).VoidTask.ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is ZkException or ZkCanceledException)
        {
            // the server may have it all the same; the caller need not wait until it has not
            _ = _session.RemoveWatchAsync(watch).AsTask();
            throw;
        }

        return new WatchHandle(_session, watch);
    }

    private sealed class WatchHandle(ZkSession session, PersistentWatch watch) : IAsyncDisposable
    {
        private int _disposed;

        public ValueTask DisposeAsync() =>
            Interlocked.Exchange(ref _disposed, 1) == 0 ? session.RemoveWatchAsync(watch) : default;
    }
}
