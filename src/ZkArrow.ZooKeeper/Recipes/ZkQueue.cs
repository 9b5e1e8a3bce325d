using static ZkArrow.ZooKeeper.Recipes.RecipeIo;

namespace ZkArrow.ZooKeeper.Recipes;

/// <summary>
/// A first-in-first-out queue of small items, each a persistent sequential node <c>_c_&lt;uuid&gt;-qn-NNNNNNNNNN</c>.
/// <para>Guarantees: an offer puts one item, also when its reply was lost; an item is taken at most once, because only
/// the one whose delete succeeded has it. Does not guarantee: that a taken item is worked on (its taker may die with
/// it, or the reply to the delete may be lost: then nobody gets it); the order of takers; speed with thousands of
/// items, as each take lists them all.</para>
/// </summary>
public sealed class ZkQueue
{
    private readonly ZkClient _client;
    private readonly string _path;

    /// <summary>A queue at a path, which is created when it is missing.</summary>
    public ZkQueue(ZkClient client, string path)
    {
        ArgumentNullException.ThrowIfNull(client);
        ZkPath.Validate(path);
        (_client, _path) = (client, path);
    }

    /// <summary>Puts an item at the end.</summary>
    /// <exception cref="ZkException">With the outcome unknown: the reply was lost, and the item was not found in the
    /// queue; it may have been taken already.</exception>
    public async Task OfferAsync(ReadOnlyMemory<byte> item, CancellationToken ct = default)
    {
        await EnsureAsync(_client, _path, ct).ConfigureAwait(false);
        string prefix = $"_c_{Guid.NewGuid():D}-qn-";
        try
        {
            await _client.CreateAsync(Child(_path, prefix), item, ZkCreateMode.PersistentSequential, ct: ct).ConfigureAwait(false);
        }
        catch (ZkException broken) when (IsBroken(broken) && broken.Outcome == ZkOutcome.Unknown)
        {
            await RetryAsync(() => _client.SyncAsync(_path, ct), ct).ConfigureAwait(false);
            string[] items = await Contender.QueueAsync(_client, _path, ct).ConfigureAwait(false);
            if (!items.Any(n => n.StartsWith(prefix, StringComparison.Ordinal)))
                throw;
        }
    }

    /// <summary>Takes the first item, or null when the queue is empty.</summary>
    public async Task<byte[]?> TryTakeAsync(CancellationToken ct = default)
    {
        try
        {
            return await TakeFirstAsync(await Contender.QueueAsync(_client, _path, ct).ConfigureAwait(false), ct).ConfigureAwait(false);
        }
        catch (ZkNoNodeException)
        {
            return null; // nobody has offered yet
        }
    }

    /// <summary>Takes the first item and waits for one when the queue is empty. Every item wakes all that wait.</summary>
    public async Task<byte[]> TakeAsync(CancellationToken ct = default)
    {
        await EnsureAsync(_client, _path, ct).ConfigureAwait(false);
        while (true)
        {
            TaskCompletionSource changed = NewSignal();
            try
            {
                ZkChildren children = await RetryAsync(
                    () => _client.GetChildrenAsync(_path, _ => changed.TrySetResult(), ct), ct).ConfigureAwait(false);
                if (await TakeFirstAsync(Contender.Order(children.Names), ct).ConfigureAwait(false) is { } item)
                    return item;
                await changed.Task.WaitAsync(ct).ConfigureAwait(false);
            }
            catch (ZkSessionExpiredException expired) when (expired.Outcome != ZkOutcome.Unknown)
            {
                // items do not go with a session: the next one goes on
            }
        }
    }

    private async Task<byte[]?> TakeFirstAsync(string[] items, CancellationToken ct)
    {
        foreach (string name in items)
        {
            string path = Child(_path, name);
            try
            {
                ZkData item = await RetryAsync(() => _client.GetDataAsync(path, ct: ct), ct).ConfigureAwait(false);
                if (await DeleteIfThereAsync(_client, path, ct).ConfigureAwait(false))
                    return item.Data;
            }
            catch (ZkNoNodeException)
            {
                // another has taken it
            }
        }

        return null;
    }
}
