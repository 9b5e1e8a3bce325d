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
        IReadOnlyList<ZkAcl>? acl = null, TimeSpan? ttl = null, CancellationToken ct = default)
    {
        Requests.ValidateCreate(path, mode, ttl);
        JuteWriter writer = Start(Requests.CreateOp(mode));
        Requests.WriteCreate(ref writer, ToServer(path), data.Span, mode, acl ?? _session.Options.DefaultAcl, ttl);
        return Send("Create", path, isWrite: true, writer, Replies.Created, ct);
    }

    /// <summary>Deletes a node that has no children, if it has the expected version (-1: any).</summary>
    /// <exception cref="ZkNoNodeException">The node does not exist.</exception>
    /// <exception cref="ZkBadVersionException">It has another version.</exception>
    /// <exception cref="ZkNotEmptyException">It has children.</exception>
    public ValueTask DeleteAsync(string path, int version = -1, CancellationToken ct = default)
    {
        ZkPath.Validate(path);
        JuteWriter writer = Start(OpCode.Delete);
        writer.WriteString(ToServer(path));
        writer.WriteInt(version);
        if (TooLarge(path, writer) is { } refusal)
            return ValueTask.FromException(refusal);
        Request<bool> request = new(_session, "Delete", path, isWrite: true, writer.Finish(), Replies.Nothing);
        _session.Submit(request, ct);
        return request.VoidTask;
    }

    /// <summary>Asks whether a node exists. The watcher is called once, when it is created, deleted or set.</summary>
    public ValueTask<ZkExists> ExistsAsync(
        string path, Action<ZkWatchEvent>? watcher = null, CancellationToken ct = default) =>
        SendRead("Exists", OpCode.Exists, path, WatchKind.Exists, watcher, Replies.Exists, ct);

    /// <summary>Reads a node's data. The watcher is called once, when it is set or deleted.</summary>
    /// <exception cref="ZkNoNodeException">The node does not exist; no watch was set.</exception>
    public ValueTask<ZkData> GetDataAsync(
        string path, Action<ZkWatchEvent>? watcher = null, CancellationToken ct = default) =>
        SendRead("GetData", OpCode.GetData, path, WatchKind.Data, watcher, Replies.Data, ct);

    /// <summary>Sets a node's data if it has the expected version (-1: any).</summary>
    /// <exception cref="ZkNoNodeException">The node does not exist.</exception>
    /// <exception cref="ZkBadVersionException">It has another version. After a lost reply that may be our own write.</exception>
    public ValueTask<ZkSet> SetDataAsync(
        string path, ReadOnlyMemory<byte> data, int version = -1, CancellationToken ct = default)
    {
        ZkPath.Validate(path);
        JuteWriter writer = Start(OpCode.SetData);
        writer.WriteString(ToServer(path));
        writer.WriteBuffer(data.Span);
        writer.WriteInt(version);
        return Send("SetData", path, isWrite: true, writer, Replies.Set, ct);
    }

    /// <summary>Lists a node's children. The watcher is called once, when one is created or deleted, or the node is.</summary>
    /// <exception cref="ZkNoNodeException">The node does not exist; no watch was set.</exception>
    public ValueTask<ZkChildren> GetChildrenAsync(
        string path, Action<ZkWatchEvent>? watcher = null, CancellationToken ct = default) =>
        SendRead("GetChildren", OpCode.GetChildren2, path, WatchKind.Children, watcher, Replies.Children, ct);

    /// <summary>
    /// Lets this session's server catch up with the leader, and returns the transaction it has then. Good for fresh
    /// reads; no proof against a leader that was deposed.
    /// </summary>
    public ValueTask<long> SyncAsync(string path, CancellationToken ct = default)
    {
        ZkPath.Validate(path);
        JuteWriter writer = Start(OpCode.Sync);
        writer.WriteString(ToServer(path));
        return Send("Sync", path, isWrite: false, writer, Replies.Zxid, ct);
    }

    /// <summary>Does all operations in one transaction, or none.</summary>
    /// <exception cref="ZkMultiException">An operation was refused, so none was done.</exception>
    public ValueTask<ZkMultiResult> MultiAsync(IReadOnlyList<ZkOp> ops, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(ops);
        if (ops.Count == 0)
            throw new ArgumentException("A multi without operations was refused; give at least one.", nameof(ops));
        JuteWriter writer = Start(OpCode.Multi);
        foreach (ZkOp op in ops)
            WriteOp(ref writer, op);
        Requests.WriteMultiHeader(ref writer, default, done: true);
        if (TooLarge(null, writer) is { } refusal)
            return ValueTask.FromException<ZkMultiResult>(refusal);
        Request<ZkMultiResult> request = new(
            _session, "Multi", null, isWrite: true, writer.Finish(), Replies.Multi([.. ops]))
        { AnswersInBody = true };
        _session.Submit(request, ct);
        return request.Task;
    }

    /// <summary>Reads a node's access list.</summary>
    public ValueTask<ZkAclResult> GetAclAsync(string path, CancellationToken ct = default)
    {
        ZkPath.Validate(path);
        JuteWriter writer = Start(OpCode.GetAcl);
        writer.WriteString(ToServer(path));
        return Send("GetAcl", path, isWrite: false, writer, Replies.Acl, ct);
    }

    /// <summary>Sets a node's access list if that has the expected version (<see cref="ZkStat.Aversion"/>; -1: any).</summary>
    public ValueTask<ZkSet> SetAclAsync(
        string path, IReadOnlyList<ZkAcl> acl, int aclVersion = -1, CancellationToken ct = default)
    {
        ZkPath.Validate(path);
        ArgumentNullException.ThrowIfNull(acl);
        JuteWriter writer = Start(OpCode.SetAcl);
        writer.WriteString(ToServer(path));
        Requests.WriteAcl(ref writer, acl);
        writer.WriteInt(aclVersion);
        return Send("SetAcl", path, isWrite: true, writer, Replies.Set, ct);
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
    /// <exception cref="ZkException">BadArguments: this client watches the path in the other mode already.</exception>
    public async ValueTask<IAsyncDisposable> AddWatchAsync(
        string path, ZkWatchMode mode, Action<ZkWatchEvent> watcher, CancellationToken ct = default)
    {
        ZkPath.Validate(path);
        ArgumentNullException.ThrowIfNull(watcher);
        PersistentWatch watch = new(ToServer(path), mode, watcher);
        JuteWriter writer = Start(OpCode.AddWatch);
        writer.WriteString(watch.Path);
        writer.WriteInt((int)mode);
        if (TooLarge(path, writer) is { } refusal)
            throw refusal;
        Request<bool> request = new(_session, "AddWatch", path, isWrite: false, writer.Finish(), Replies.Nothing)
        {
            PersistentWatch = watch,
        };
        _session.Submit(request, ct);
        try
        {
            await request.Task.ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is ZkException or ZkCanceledException)
        {
            // the server may have it all the same; the caller need not wait until it has not
            _ = _session.RemoveWatchAsync(watch).AsTask();
            throw;
        }

        return new WatchHandle(_session, watch);
    }

    private void WriteOp(ref JuteWriter writer, ZkOp op)
    {
        string path = ToServer(op.Path); // ZkOp has checked it
        switch (op.Kind)
        {
            case ZkOpKind.Create:
                Requests.WriteMultiHeader(ref writer, Requests.CreateOp(op.Mode), done: false);
                Requests.WriteCreate(
                    ref writer, path, op.Data.Span, op.Mode, op.Acl ?? _session.Options.DefaultAcl, op.Ttl);
                return;
            case ZkOpKind.SetData:
                Requests.WriteMultiHeader(ref writer, OpCode.SetData, done: false);
                writer.WriteString(path);
                writer.WriteBuffer(op.Data.Span);
                break;
            case ZkOpKind.Delete:
                Requests.WriteMultiHeader(ref writer, OpCode.Delete, done: false);
                writer.WriteString(path);
                break;
            case ZkOpKind.Check:
                Requests.WriteMultiHeader(ref writer, OpCode.Check, done: false);
                writer.WriteString(path);
                break;
        }

        writer.WriteInt(op.Version);
    }

    private sealed class WatchHandle(ZkSession session, PersistentWatch watch) : IAsyncDisposable
    {
        private int _disposed;

        public ValueTask DisposeAsync() =>
            Interlocked.Exchange(ref _disposed, 1) == 0 ? session.RemoveWatchAsync(watch) : default;
    }
}
