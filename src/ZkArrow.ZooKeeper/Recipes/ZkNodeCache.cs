using static ZkArrow.ZooKeeper.Recipes.RecipeIo;

namespace ZkArrow.ZooKeeper.Recipes;

/// <summary>
/// Keeps the newest known data of one node, that may or may not exist.
/// <para>Guarantees: after a change, a lost connection or a lost session it reads again until it succeeds, so it ends
/// up with the newest data. Does not guarantee: every value between (changes coalesce), nor that
/// <see cref="Current"/> is not about to change.</para>
/// </summary>
public sealed class ZkNodeCache : IAsyncDisposable
{
    private readonly ZkClient _client;
    private readonly string _path;
    private readonly RereadLoop _loop;
    private readonly TaskCompletionSource _first = NewSignal();
    private IAsyncDisposable? _watch;
    private volatile Snapshot _snapshot = new(null);

    private ZkNodeCache(ZkClient client, string path)
    {
        (_client, _path) = (client, path);
        _loop = new RereadLoop(RereadAsync);
    }

    /// <summary>Starts the cache and waits for its first reading.</summary>
    public static async Task<ZkNodeCache> StartAsync(ZkClient client, string path, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(client);
        ZkNodeCache cache = new(client, path);
        try
        {
            cache._watch = await RetryAsync(
                () => client.AddWatchAsync(path, ZkWatchMode.Persistent, _ => cache._loop.Wake(), ct), ct).ConfigureAwait(false);
            cache._loop.Wake();
            await (await Task.WhenAny(cache._first.Task, cache._loop.Completion).WaitAsync(ct).ConfigureAwait(false)).ConfigureAwait(false);
            return cache;
        }
        catch
        {
            await cache.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>The node as last read; null when it did not exist.</summary>
    public ZkData? Current => _snapshot.Data;

    /// <summary>Called after each reading that found something new, one call at a time. It must not
    /// block; what it throws ends the cache with <see cref="Completion"/>.</summary>
    public event Action<ZkData?>? Changed;

    /// <summary>Ends when the cache is disposed or the client closed; faults when the servers refuse the reading.</summary>
    public Task Completion => _loop.Completion;

    /// <summary>Stops the cache and takes its watch away.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_watch is not null)
            await _watch.DisposeAsync().ConfigureAwait(false);
        await _loop.DisposeAsync().ConfigureAwait(false);
    }

    private async Task RereadAsync(CancellationToken ct)
    {
        ZkData? now;
        try
        {
            now = await RetryAsync(() => _client.GetDataAsync(_path, ct: ct), ct).ConfigureAwait(false);
        }
        catch (ZkNoNodeException)
        {
            now = null;
        }

        bool isNew = !_first.Task.IsCompleted || (now?.Stat.Czxid, now?.Stat.Mzxid) != (Current?.Stat.Czxid, Current?.Stat.Mzxid);
        _snapshot = new Snapshot(now);
        _first.TrySetResult();
        if (isNew)
            Changed?.Invoke(now);
    }

    private sealed record Snapshot(ZkData? Data);
}
