using ZkArrow.Coordination;

namespace ZkArrow.Embedded;

/// <summary>
/// The coordinator of one host's processes, with no server: a tree in a folder, with ZooKeeper's guarantees. A session lasts as
/// long as this object or its process; whoever comes upon nodes of one that ended removes them.
/// </summary>
internal sealed class LocalCoordinator : ICoordinator
{
    /// <summary>How long a close waits for another process that is in the way: what is left is removed by whoever finds it.</summary>
    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(5);

    private readonly LocalFolder _folder;
    private readonly LocalStore _store;
    private readonly LocalSessions _sessions;
    private readonly LocalSession _session;
    private readonly LocalWatches _watches = new();
    private readonly Lock _starting = new();
    private readonly CancellationTokenSource _closing = new();
    private readonly int _process = ForkedChild.ProcessId();
    private KernelNews? _news;
    private int _closed;

    private LocalCoordinator(LocalFolder folder, LocalStore store, LocalSessions sessions, LocalSession session) =>
        (_folder, _store, _sessions, _session) = (folder, store, sessions, session);

    public event Action<CoordinatorState>? StateChanged;

    public CoordinatorState State => _closed != 0 ? CoordinatorState.Closed : CoordinatorState.Connected;

    public long SessionId => _session.Id;

    public TimeSpan SessionTimeout => Timeout.InfiniteTimeSpan;

    public TimeSpan SinceLastHeard => TimeSpan.Zero;

    /// <summary>Opens the coordinator of a folder, and makes it when it is missing.</summary>
    public static async ValueTask<LocalCoordinator> OpenAsync(string path, CancellationToken cancellationToken)
    {
        LocalFolder folder = LocalFolder.Open(path);
        LocalStore? store = null;
        LocalSession? session = null;
        try
        {
            store = await LocalStore.OpenAsync(folder.Database, cancellationToken).ConfigureAwait(false);
            LocalSessions sessions = new(folder.Sessions);
            session = sessions.Begin();
            LocalCoordinator coordinator = new(folder, store, sessions, session);
            await coordinator.ReapAllAsync(cancellationToken).ConfigureAwait(false);
            return coordinator;
        }
        catch (Exception e)
        {
            session?.Dispose();
            if (store != null)
                await store.DisposeAsync().ConfigureAwait(false);
            folder.Dispose();
            if (e is SqliteException refused)
                throw Translate(refused, folder.Database);
            throw;
        }
    }

    public async ValueTask<Node?> GetAsync(string path, NodeWatch? watch, CancellationToken cancellationToken)
    {
        Listen(watch);
        while (true)
        {
            (Node? node, long orphan) = await ReadAsync(Look, cancellationToken).ConfigureAwait(false);
            if (orphan == 0)
                return node;
            await ReapAsync(orphan, cancellationToken).ConfigureAwait(false);
        }

        (Node?, long) Look(LocalTree tree)
        {
            Node? node = tree.Get(path);
            if (node != null && IsOrphan(node.SessionId))
                return (null, node.SessionId);
            if (node != null && watch != null)
                _watches.Add(path, watch, node.ReadAt);
            return (node, 0);
        }
    }

    public async ValueTask<bool> ExistsAsync(string path, NodeWatch? watch, CancellationToken cancellationToken)
    {
        Listen(watch);
        while (true)
        {
            (bool exists, long orphan) = await ReadAsync(Look, cancellationToken).ConfigureAwait(false);
            if (orphan == 0)
                return exists;
            await ReapAsync(orphan, cancellationToken).ConfigureAwait(false);
        }

        (bool, long) Look(LocalTree tree)
        {
            // the number first: a commit between the two looks is told of once too often, not never
            long readAt = watch == null ? 0 : tree.LastCommit();
            NodeMark? mark = tree.Find(path);
            if (mark is { } found && IsOrphan(found.SessionId))
                return (false, found.SessionId);
            if (watch != null)
                _watches.Add(path, watch, readAt);
            return (mark != null, 0);
        }
    }

    public ValueTask<IReadOnlyList<string>?> ChildrenAsync(string path, CancellationToken cancellationToken) =>
        ReadAsync(tree => tree.Children(path), cancellationToken);

    public async ValueTask<TreeAnswer> CommitAsync(IReadOnlyList<TreeOp> operations, CancellationToken cancellationToken)
    {
        ThrowIfUnusable();
        try
        {
            while (true)
            {
                (TreeAnswer answer, long orphan) = await _store.WriteAsync(
                    Apply, result => result.Answer.Committed, cancellationToken).ConfigureAwait(false);
                if (orphan != 0)
                {
                    await ReapAsync(orphan, cancellationToken).ConfigureAwait(false);
                    continue;
                }

                if (answer.Committed)
                    _folder.Tell(answer.CommittedAt);
                return answer;
            }
        }
        catch (OperationCanceledException e)
        {
            throw new CoordinatorException(ZkArrowStatus.Cancelled, "the commit was cancelled before it was applied", 0, mayBeApplied: false, e);
        }
        catch (SqliteException e)
        {
            throw Translate(e, _folder.Database);
        }
        catch (ObjectDisposedException e)
        {
            throw Closed(e);
        }

        (TreeAnswer Answer, long Orphan) Apply(LocalTree tree)
        {
            TreeAnswer answer = tree.Apply(operations, SessionId);
            // what refused it may be there only because nobody has noticed yet that its session ended
            return (answer, answer.Committed ? 0 : tree.SessionsAt(operations[answer.RefusedAt].Path).FirstOrDefault(IsOrphan));
        }
    }

    /// <summary>There is one tree, and every read sees it.</summary>
    public ValueTask SyncAsync(CancellationToken cancellationToken)
    {
        ThrowIfUnusable();
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.CompletedTask;
    }

    public ValueTask AgreeAsync(CancellationToken cancellationToken) => SyncAsync(cancellationToken);

    public async ValueTask DisposeAsync()
    {
        // a forked child has nothing to close: it is all its parent's
        if (ForkedChild.ProcessId() != _process || Interlocked.Exchange(ref _closed, 1) != 0)
            return;
        lock (_starting)
            _news?.Dispose();
        await _closing.CancelAsync().ConfigureAwait(false);
        using CancellationTokenSource patience = new(CloseTimeout);
        try
        {
            Fire(await _store.ReadAsync(_ => _watches.TakeAll(0), patience.Token).ConfigureAwait(false));
            await ReapAsync(SessionId, patience.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is SqliteException or OperationCanceledException or ZkArrowException)
        {
            // whoever comes upon the session's nodes removes them
        }

        _session.Dispose();
        await _store.DisposeAsync().ConfigureAwait(false);
        _folder.Dispose();
        StateChanged?.Invoke(CoordinatorState.Closed);
    }

    private async ValueTask<T> ReadAsync<T>(Func<LocalTree, T> look, CancellationToken cancellationToken)
    {
        ThrowIfUnusable();
        try
        {
            return await _store.ReadAsync(look, cancellationToken).ConfigureAwait(false);
        }
        catch (SqliteException e)
        {
            throw Translate(e, _folder.Database);
        }
        catch (ObjectDisposedException e)
        {
            throw Closed(e);
        }
    }

    private void ThrowIfUnusable()
    {
        if (ForkedChild.ProcessId() != _process)
            throw new CoordinatorException(ZkArrowStatus.Forked, "the process was forked after the client was opened; open a client of its own in the child", 0, mayBeApplied: false, new InvalidOperationException());
        if (_closed != 0)
            throw Closed(new ObjectDisposedException(nameof(LocalCoordinator)));
        _folder.ThrowIfRemoved();
    }

    private bool IsOrphan(long session) => session != 0 && session != SessionId && _sessions.IsDead(session);

    /// <summary>Removes what a session that ended has left.</summary>
    private async ValueTask ReapAsync(long session, CancellationToken cancellationToken)
    {
        if (await _store.ReadAsync(tree => tree.HasBound(session), cancellationToken).ConfigureAwait(false))
        {
            long commit = await _store.WriteAsync(tree => tree.RemoveBound(session), number => number != 0, cancellationToken).ConfigureAwait(false);
            if (commit != 0)
                _folder.Tell(commit);
        }

        _sessions.Forget(session);
    }

    private async ValueTask ReapAllAsync(CancellationToken cancellationToken)
    {
        // nodes whose session has no file any more are found as well
        foreach (long session in _sessions.All().Union(await _store.ReadAsync(tree => tree.Sessions(), cancellationToken).ConfigureAwait(false)))
        {
            if (IsOrphan(session))
                await ReapAsync(session, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Hears of other processes from before the first watch is set.</summary>
    private void Listen(NodeWatch? watch)
    {
        if (watch == null || Volatile.Read(ref _news) != null)
            return;
        lock (_starting)
        {
            if (_closed == 0)
                _news ??= new KernelNews(_folder.Commits, _folder.Sessions, OnNews);
        }
    }

    /// <summary>On the thread that listens: session files were closed, which is also all there is to see of a commit whose process died before it told.</summary>
    private void OnNews(IReadOnlyList<string>? closed)
    {
        try
        {
            HearAsync(closed).AsTask().GetAwaiter().GetResult();
        }
        catch (Exception e) when (e is ObjectDisposedException or OperationCanceledException)
        {
            // closed meanwhile, which tells all watches
        }
    }

    private async ValueTask HearAsync(IReadOnlyList<string>? closed)
    {
        IReadOnlyList<NodeWatch> changed;
        try
        {
            if (closed == null)
                await ReapAllAsync(_closing.Token).ConfigureAwait(false);
            foreach (long session in (closed ?? []).Select(LocalSessions.IdOf).OfType<long>().Distinct())
                await EndedAsync(session).ConfigureAwait(false);
            changed = await _store.ReadAsync(Changed, _closing.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is SqliteException or ZkArrowException)
        {
            // whoever watches looks for himself, and is told what is wrong
            changed = await _store.ReadAsync(_ => _watches.TakeAll(0), _closing.Token).ConfigureAwait(false);
        }

        Fire(changed);

        List<NodeWatch> Changed(LocalTree tree) =>
            _watches.IsEmpty ? []
            : tree.Changes(_watches.Told, out long last) is { } changes ? _watches.Take(changes, last)
            : _watches.TakeAll(last);
    }

    private async ValueTask EndedAsync(long session)
    {
        if (session == SessionId)
            return;
        if (_sessions.IsDead(session))
        {
            await ReapAsync(session, _closing.Token).ConfigureAwait(false);
            return;
        }

        // the kernel reports the close of a file shortly before it lets go of the lock
        new Thread(() =>
        {
            if (_sessions.TryAwaitEnd(session))
                OnNews([LocalSessions.FileOf(session)]);
        })
        { IsBackground = true, Name = "zkarrow local end" }.Start();
    }

    private static void Fire(IReadOnlyList<NodeWatch> watches)
    {
        foreach (NodeWatch watch in watches)
            watch.Fire();
    }

    private static CoordinatorException Translate(SqliteException e, string file)
    {
        (ZkArrowStatus status, string message) = e.Explain(file);
        return new CoordinatorException(status, message, 0, mayBeApplied: e.IsFailure, e);
    }

    private static CoordinatorException Closed(Exception e) =>
        new(ZkArrowStatus.InvalidHandle, "the client was closed", 0, mayBeApplied: false, e);
}
