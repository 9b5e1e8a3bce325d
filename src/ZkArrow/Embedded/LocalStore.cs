namespace ZkArrow.Embedded;

/// <summary>
/// Transactions on the tree's database. One at a time in this client; where another process is in the way it is tried
/// again until the caller's token fires.
/// </summary>
internal sealed class LocalStore : IAsyncDisposable
{
    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly SqliteDatabase _database;
    private readonly LocalTree _tree;
    private volatile bool _closed;

    private LocalStore(SqliteDatabase database) => (_database, _tree) = (database, new LocalTree(database));

    public string Path => _database.Path;

    public static async ValueTask<LocalStore> OpenAsync(string path, CancellationToken cancellationToken)
    {
        LocalStore store = new(SqliteDatabase.Open(path));
        try
        {
            await store.ReadAsync(_ => store.Configure(), cancellationToken).ConfigureAwait(false);
            if (!await store.ReadAsync(tree => tree.IsMade(), cancellationToken).ConfigureAwait(false))
                await store.WriteAsync(Make, made => made, cancellationToken).ConfigureAwait(false);
            return store;
        }
        catch
        {
            await store.DisposeAsync().ConfigureAwait(false);
            throw;
        }

        static bool Make(LocalTree tree)
        {
            // two may have come so far at once
            if (tree.IsMade())
                return false;
            tree.Make();
            return true;
        }
    }

    public async ValueTask<T> ReadAsync<T>(Func<LocalTree, T> look, CancellationToken cancellationToken)
    {
        await EnterAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await AgainAsync(() => look(_tree), cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            Leave();
        }
    }

    /// <summary>Applies a change and commits it, unless <paramref name="commits"/> says no to what came out: then nothing was done.</summary>
    public async ValueTask<T> WriteAsync<T>(Func<LocalTree, T> change, Func<T, bool> commits, CancellationToken cancellationToken)
    {
        await EnterAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await AgainAsync(() => Execute("BEGIN IMMEDIATE"), cancellationToken).ConfigureAwait(false);
            T result = change(_tree);
            // a commit that finds readers in its way keeps new ones out, so that it gets its turn
            if (commits(result))
                await AgainAsync(() => Execute("COMMIT"), cancellationToken).ConfigureAwait(false);
            return result;
        }
        finally
        {
            Leave();
        }
    }

    public async ValueTask DisposeAsync()
    {
        // whoever tries again just now stops
        _closed = true;
        await _gate.WaitAsync().ConfigureAwait(false);
        _database.Dispose();
        _gate.Release();
    }

    private async ValueTask EnterAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        if (!_closed)
            return;
        _gate.Release();
        throw Closed();
    }

    private void Leave()
    {
        try
        {
            if (_database.IsInTransaction)
                Execute("ROLLBACK");
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Tries until no other process has the file locked: such locks are held for as long as one commit takes.</summary>
    private async ValueTask<T> AgainAsync<T>(Func<T> action, CancellationToken cancellationToken)
    {
        const int Short = 20;
        for (int tries = 0; ; tries++)
        {
            try
            {
                return action();
            }
            catch (SqliteException e) when (e.IsBusy)
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (_closed)
                    throw Closed();
            }

            if (tries < Short)
                Thread.Yield();
            else
                await Task.Delay(1, cancellationToken).ConfigureAwait(false);
        }
    }

    private static ObjectDisposedException Closed() => new(nameof(LocalStore));

    private bool Execute(string sql)
    {
        _database.Execute(sql);
        return true;
    }

    /// <summary>An acknowledged commit is on the medium; a transaction is written at its commit only.</summary>
    private bool Configure() =>
        Execute("PRAGMA synchronous = FULL") && Execute("PRAGMA cache_spill = OFF") && Execute("PRAGMA temp_store = MEMORY");
}
