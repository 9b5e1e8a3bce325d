using System.Collections.Immutable;

namespace ZkArrow.ZooKeeper.Session;

/// <summary>
/// Keeps a copy of a subtree by its recursive watch. Events only mark paths as dirty; a path stays dirty until it was
/// read, whatever happens to connections and sessions on the way.
/// </summary>
internal sealed class TreeFollower(ZkClient client, string root)
{
    private readonly Lock _gate = new();
    private readonly WakeSignal _signal = new();
    private HashSet<string> _dirty = [];
    private bool _isAllDirty = true;
    private bool _isFirst = true;
    private ImmutableSortedDictionary<string, ZkData> _nodes = ImmutableSortedDictionary.Create<string, ZkData>(StringComparer.Ordinal);
    private long _zxid;

    /// <summary>Sets the watch, before anything is read.</summary>
    public async Task<IAsyncDisposable> StartAsync(CancellationToken ct)
    {
        while (true)
        {
            try
            {
                return await client.AddWatchAsync(root, ZkWatchMode.PersistentRecursive, OnEvent, ct).ConfigureAwait(false);
            }
            catch (ZkException exception) when (ZkClient.IsPassing(exception.Code))
            {
                await ZkClient.PauseAsync(ct).ConfigureAwait(false);
            }
        }
    }

    public Task WaitAsync(CancellationToken ct) => _signal.WaitAsync(ct);

    /// <summary>Reads what is dirty; the snapshot, or null when it turned out to be the last one still.</summary>
    public async Task<ZkTree?> ReadDirtyAsync(CancellationToken ct)
    {
        ImmutableSortedDictionary<string, ZkData> before = _nodes;
        while (true)
        {
            HashSet<string> dirty;
            bool isAll;
            lock (_gate)
            {
                (dirty, _dirty) = (_dirty, []);
                (isAll, _isAllDirty) = (_isAllDirty, false);
            }

            if (!isAll && dirty.Count == 0)
                break;
            bool succeeded = false;
            try
            {
                succeeded = isAll ? await ReadAllAsync(ct).ConfigureAwait(false) : await ReadAsync(dirty, ct).ConfigureAwait(false);
            }
            finally
            {
                if (!succeeded)
                {
                    lock (_gate)
                    {
                        _dirty.UnionWith(dirty);
                        _isAllDirty |= isAll;
                    }
                }
            }

            if (succeeded)
                break; // what became dirty meanwhile has set the signal
            await ZkClient.PauseAsync(ct).ConfigureAwait(false);
        }

        if (!_isFirst && ReferenceEquals(before, _nodes))
            return null;
        _isFirst = false;
        return new ZkTree(_nodes, _zxid);
    }

    private void OnEvent(ZkWatchEvent occurred)
    {
        lock (_gate)
        {
            if (occurred.Type is ZkEventType.Resync or ZkEventType.Lost)
                _isAllDirty = true;
            else
                _dirty.Add(occurred.Path);
        }

        _signal.Set();
    }

    private async Task<bool> ReadAllAsync(CancellationToken ct)
    {
        HashSet<string> found = [];
        try
        {
            await foreach (ZkVisited visited in client.VisitSubtreeAsync(root, ct).ConfigureAwait(false))
                found.Add(visited.Path);
        }
        catch (ZkException exception) when (ZkClient.IsPassing(exception.Code))
        {
            return false;
        }

        // what went while nobody watched is read too, and found missing
        found.UnionWith(_nodes.Keys);
        return await ReadAsync(found, ct).ConfigureAwait(false);
    }

    private async Task<bool> ReadAsync(HashSet<string> paths, CancellationToken ct)
    {
        const int atOnce = 64;
        bool succeeded = true;
        foreach (string[] some in paths.Chunk(atOnce))
        {
            ZkResult<ZkData>[] results = await Task.WhenAll(
                some.Select(path => client.TryGetDataAsync(path, null, ct).AsTask())).ConfigureAwait(false);
            for (int i = 0; i < some.Length; i++)
            {
                if (results[i].IsOk)
                    Keep(some[i], results[i].Value);
                else if (results[i].Code == ZkErrorCode.NoNode)
                    _nodes = _nodes.Remove(some[i]);
                else if (ZkClient.IsPassing(results[i].Code))
                    succeeded = false;
                else
                    throw results[i].ToException()!;
            }
        }

        return succeeded;
    }

    private void Keep(string path, ZkData data)
    {
        if (!_nodes.TryGetValue(path, out ZkData held) || held.Stat != data.Stat)
            _nodes = _nodes.SetItem(path, data);
        _zxid = Math.Max(_zxid, data.Zxid);
    }
}
