using static ZkArrow.ZooKeeper.Recipes.RecipeIo;

namespace ZkArrow.ZooKeeper.Recipes;

/// <summary>
/// A gate: while its node exists, everybody waits. As Curator's DistributedBarrier.
/// <para>Guarantees: who waits goes on after the gate was opened, even when it was closed again at once or the
/// session was lost meanwhile. Does not guarantee: that the gate is open still when the wait returns.</para>
/// </summary>
public sealed class ZkBarrier
{
    private readonly ZkClient _client;
    private readonly string _path;

    /// <summary>A gate at a path. It is open as long as nobody closed it.</summary>
    public ZkBarrier(ZkClient client, string path)
    {
        ArgumentNullException.ThrowIfNull(client);
        ZkPath.Validate(path);
        (_client, _path) = (client, path);
    }

    /// <summary>Closes the gate; nothing changes when it was closed.</summary>
    public async Task CloseAsync(CancellationToken ct = default)
    {
        await EnsureParentAsync(_client, _path, ct).ConfigureAwait(false);
        await CreateIfMissingAsync(_client, _path, default, ct).ConfigureAwait(false);
    }

    /// <summary>Opens the gate; nothing changes when it was open.</summary>
    public async Task OpenAsync(CancellationToken ct = default) =>
        await DeleteIfThereAsync(_client, _path, ct).ConfigureAwait(false);

    /// <summary>Waits until the gate is open or was opened.</summary>
    public async Task WaitAsync(CancellationToken ct = default)
    {
        long closing = 0;
        while (true)
        {
            TaskCompletionSource changed = NewSignal();
            try
            {
                ZkData gate = await RetryAsync(
                    () => _client.GetDataAsync(_path, _ => changed.TrySetResult(), ct), ct).ConfigureAwait(false);
                if (closing != 0 && gate.Stat.Czxid != closing)
                    return; // closed another time, so it was open between
                closing = gate.Stat.Czxid;
                await changed.Task.WaitAsync(ct).ConfigureAwait(false);
            }
            catch (ZkSessionExpiredException)
            {
                // the next session goes on waiting
            }
            catch (ZkNoNodeException)
            {
                return;
            }
        }
    }
}
