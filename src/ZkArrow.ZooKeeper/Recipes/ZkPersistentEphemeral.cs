using static ZkArrow.ZooKeeper.Recipes.RecipeIo;

namespace ZkArrow.ZooKeeper.Recipes;

/// <summary>
/// An ephemeral node that is there as long as the client lives: it is made again after a lost session or a deletion.
/// <para>Guarantees: the node that is reported present is owned by this client's present session, and not a leftover
/// of its last one, that would vanish later: such a one is replaced in a single transaction. A node that another
/// session owns is never taken; it is waited for. Does not guarantee: that the node is there without a gap.</para>
/// </summary>
public sealed class ZkPersistentEphemeral : IAsyncDisposable
{
    private readonly ZkClient _client;
    private readonly string _path;
    private readonly RereadLoop _loop;
    private readonly TaskCompletionSource _first = NewSignal();
    private readonly HashSet<long> _ourSessions = [];
    private volatile byte[] _data;
    private long _presentIn;

    private ZkPersistentEphemeral(ZkClient client, string path, byte[] data)
    {
        (_client, _path, _data) = (client, path, data);
        _loop = new RereadLoop(EstablishAsync);
    }

    /// <summary>Starts keeping the node and waits until it is there: for as long as another session has it.</summary>
    /// <exception cref="OperationCanceledException">The token fired first; no node of ours stays behind.</exception>
    public static async Task<ZkPersistentEphemeral> StartAsync(
        ZkClient client, string path, ReadOnlyMemory<byte> data, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(client);
        ZkPath.Validate(path);
        ZkPersistentEphemeral node = new(client, path, data.ToArray());
        try
        {
            client.StateChanged += node.OnStateChanged;
            node._loop.Wake();
            await (await Task.WhenAny(node._first.Task, node._loop.Completion).WaitAsync(ct).ConfigureAwait(false)).ConfigureAwait(false);
            return node;
        }
        catch
        {
            await node.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Whether the node is there and ours, as far as is known now.</summary>
    public bool IsPresent => Volatile.Read(ref _presentIn) is not 0 and long session && session == _client.SessionId;

    /// <summary>Ends when disposed or the client is closed; faults when the servers refuse the node.</summary>
    public Task Completion => _loop.Completion;

    /// <summary>Gives the node other data, now and when it is made again; the change follows by itself.</summary>
    public void SetData(ReadOnlyMemory<byte> data)
    {
        _data = data.ToArray();
        _loop.Wake();
    }

    /// <summary>Stops keeping the node and deletes it.</summary>
    public async ValueTask DisposeAsync()
    {
        _client.StateChanged -= OnStateChanged;
        await _loop.DisposeAsync().ConfigureAwait(false);
        Volatile.Write(ref _presentIn, 0);
        Task removing = RemoveAsync();
        if (await Task.WhenAny(removing, Task.Delay(CleanupBound)).ConfigureAwait(false) == removing)
            await removing.ConfigureAwait(false);
    }

    private void OnStateChanged(ZkStateChange change)
    {
        if (change.Current is ZkState.Lost)
            Volatile.Write(ref _presentIn, 0);
        _loop.Wake();
    }

    private async Task EstablishAsync(CancellationToken ct)
    {
        while (true)
        {
            byte[] data = _data;
            _ourSessions.Add(_client.SessionId);
            ZkData? found = await ReadAsync(ct).ConfigureAwait(false);
            _ourSessions.Add(_client.SessionId);
            try
            {
                if (found is not { } node)
                    await _client.CreateAsync(_path, data, ZkCreateMode.Ephemeral, ct: ct).ConfigureAwait(false);
                else if (node.Stat.EphemeralOwner != _client.SessionId)
                {
                    if (!IsOurs(node))
                    {
                        Volatile.Write(ref _presentIn, 0);
                        return; // somebody else's: the watch wakes us when it goes
                    }

                    await _client.MultiAsync(
                        [ZkOp.Delete(_path, node.Stat.Version), ZkOp.Create(_path, data, ZkCreateMode.Ephemeral)], ct).ConfigureAwait(false);
                }
                else if (!node.Data.AsSpan().SequenceEqual(data))
                    await _client.SetDataAsync(_path, data, node.Stat.Version, ct).ConfigureAwait(false);
                else
                {
                    Volatile.Write(ref _presentIn, node.Stat.EphemeralOwner);
                    _first.TrySetResult();
                    return;
                }
            }
            catch (ZkException moved) when (
                IsBroken(moved) || moved.Code is ZkErrorCode.NodeExists or ZkErrorCode.NoNode or ZkErrorCode.BadVersion)
            {
                if (moved is ZkNoNodeException && found is null)
                    await EnsureParentAsync(_client, _path, ct).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Reads the node with a watch that wakes the loop at its next change.</summary>
    private async Task<ZkData?> ReadAsync(CancellationToken ct)
    {
        try
        {
            return await RetryAsync(() => _client.GetDataAsync(_path, OnNode, ct), ct).ConfigureAwait(false);
        }
        catch (ZkNoNodeException)
        {
            return null;
        }
    }

    private bool IsOurs(ZkData node) => node.Stat.EphemeralOwner != 0 && _ourSessions.Contains(node.Stat.EphemeralOwner);

    private void OnNode(ZkWatchEvent occurred) => _loop.Wake();

    private async Task RemoveAsync()
    {
        try
        {
            // a create of ours that was cancelled, or lost its reply, is seen after the sync
            await RetryAsync(() => _client.SyncAsync(_path), CancellationToken.None).ConfigureAwait(false);
            _ourSessions.Add(_client.SessionId);
            if (await ReadAsync(CancellationToken.None).ConfigureAwait(false) is { } node && IsOurs(node))
                await DeleteIfThereAsync(_client, _path, CancellationToken.None).ConfigureAwait(false);
        }
        catch (ZkException gone) when (gone is ZkSessionExpiredException or ZkClosedException)
        {
            // it goes with the session
        }
    }
}
