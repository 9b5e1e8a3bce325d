using System.Collections.Immutable;
using static ZkArrow.ZooKeeper.Recipes.RecipeIo;

namespace ZkArrow.ZooKeeper.Recipes;

/// <summary>
/// Keeps the newest known data of a node and of all below it.
/// <para>Guarantees: what an event named is read again until that succeeds, and after a lost connection or session,
/// where servers replay nothing, the whole tree is read again; so the cache ends up equal to the tree.
/// Does not guarantee: one consistent moment of the whole tree, nor every value between.</para>
/// </summary>
public sealed class ZkTreeCache : IAsyncDisposable
{
    private readonly ZkClient _client;
    private readonly string _root;
    private readonly RereadLoop _loop;
    private readonly TaskCompletionSource _first = NewSignal();
    private readonly Lock _gate = new();
    private HashSet<string> _dirty = [];
    private bool _rebuild = true;
    private IAsyncDisposable? _watch;
    private volatile ImmutableDictionary<string, ZkData> _nodes = ImmutableDictionary<string, ZkData>.Empty;

    private ZkTreeCache(ZkClient client, string root)
    {
        (_client, _root) = (client, root);
        _loop = new RereadLoop(RereadAsync);
    }

    /// <summary>Starts the cache and waits until it has read the tree. The root need not exist.</summary>
    public static async Task<ZkTreeCache> StartAsync(ZkClient client, string root, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(client);
        ZkTreeCache cache = new(client, root);
        try
        {
            cache._watch = await RetryAsync(
                () => client.AddWatchAsync(root, ZkWatchMode.PersistentRecursive, cache.OnEvent, ct), ct).ConfigureAwait(false);
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

    /// <summary>The nodes by their path, as last read; an immutable snapshot.</summary>
    public IReadOnlyDictionary<string, ZkData> Nodes => _nodes;

    /// <summary>Called after each reading that changed <see cref="Nodes"/>, one call at a time. It must not
    /// block; what it throws ends the cache with <see cref="Completion"/>.</summary>
    public event Action<IReadOnlyDictionary<string, ZkData>>? Changed;

    /// <summary>Ends when the cache is disposed or the client closed; faults when the servers refuse the reading.</summary>
    public Task Completion => _loop.Completion;

    /// <summary>Stops the cache and takes its watch away.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_watch is not null)
            await _watch.DisposeAsync().ConfigureAwait(false);
        await _loop.DisposeAsync().ConfigureAwait(false);
    }

    private void OnEvent(ZkWatchEvent occurred)
    {
        lock (_gate)
        {
            if (occurred.Type is ZkEventType.Resync or ZkEventType.Lost)
                _rebuild = true;
            else
                _dirty.Add(occurred.Path);
        }

        _loop.Wake();
    }

    private async Task RereadAsync(CancellationToken ct)
    {
        HashSet<string> dirty;
        bool rebuild;
        lock (_gate)
        {
            (dirty, rebuild) = (_dirty, _rebuild);
            (_dirty, _rebuild) = ([], false);
        }

        try
        {
            ImmutableDictionary<string, ZkData>.Builder nodes = (rebuild ? ImmutableDictionary<string, ZkData>.Empty : _nodes).ToBuilder();
            if (rebuild)
                await WalkAsync(nodes, _root, ct).ConfigureAwait(false);
            else
                foreach (string path in dirty)
                    await ReadAsync(nodes, path, ct).ConfigureAwait(false);
            _nodes = nodes.ToImmutable();
        }
        catch
        {
            lock (_gate)
            {
                _dirty.UnionWith(dirty);
                _rebuild |= rebuild;
            }

            throw;
        }

        _first.TrySetResult();
        Changed?.Invoke(_nodes);
    }

    private async Task WalkAsync(ImmutableDictionary<string, ZkData>.Builder nodes, string root, CancellationToken ct)
    {
        Stack<string> open = new([root]);
        while (open.TryPop(out string? path))
        {
            if (!await ReadAsync(nodes, path, ct).ConfigureAwait(false))
                continue;
            try
            {
                ZkChildren children = await RetryAsync(() => _client.GetChildrenAsync(path, ct: ct), ct).ConfigureAwait(false);
                foreach (string name in children.Names)
                    open.Push(Child(path, name));
            }
            catch (ZkNoNodeException)
            {
                // deleted meanwhile: its event has made it dirty
            }
        }
    }

    private async Task<bool> ReadAsync(ImmutableDictionary<string, ZkData>.Builder nodes, string path, CancellationToken ct)
    {
        try
        {
            nodes[path] = await RetryAsync(() => _client.GetDataAsync(path, ct: ct), ct).ConfigureAwait(false);
            return true;
        }
        catch (ZkNoNodeException)
        {
            nodes.Remove(path);
            return false;
        }
    }
}
