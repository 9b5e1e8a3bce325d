using System.Runtime.CompilerServices;
using System.Text;
using static ZkArrow.ZooKeeper.Recipes.RecipeIo;

namespace ZkArrow.ZooKeeper.Recipes;

/// <summary>
/// An election: of those that stand, the one that came first leads. Names are those of Curator's LeaderLatch
/// (<c>latch-</c>), with the participant's id as the node's data. Guarantees and limits are those of
/// <see cref="ZkLock"/>: two may believe to lead for a moment, and only the token tells the later one.
/// </summary>
public sealed class ZkLeaderLatch
{
    private readonly ZkClient _client;
    private readonly string _path;
    private readonly LockQueue _queue;

    /// <summary>An election at a path, which is created when it is missing.</summary>
    public ZkLeaderLatch(ZkClient client, string path, string id)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(id);
        ZkPath.Validate(path);
        (_client, _path, Id) = (client, path, id);
        _queue = new LockQueue(client, path, "latch-", Encoding.UTF8.GetBytes(id));
    }

    /// <summary>What others see of this participant.</summary>
    public string Id { get; }

    /// <summary>Stands for election and returns once elected; disposing the handle steps down.</summary>
    public Task<ZkLockHandle> ElectAsync(CancellationToken ct = default) =>
        _queue.AcquireAsync(LockQueue.OneBefore, isShared: false, ct);

    /// <summary>
    /// Leads again and again: waits to be elected, runs <paramref name="lead"/> with a token that fires when the
    /// leadership may be lost, steps down when it returns. Ends with <paramref name="ct"/>, or with what
    /// <paramref name="lead"/> throws, except that a cancellation after a loss means the next election.
    /// </summary>
    public async Task RunAsync(Func<ZkLockHandle, CancellationToken, Task> lead, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(lead);
        while (true)
        {
            ZkLockHandle leadership = await ElectAsync(ct).ConfigureAwait(false);
            await using ConfiguredAsyncDisposable steppingDown = leadership.ConfigureAwait(false);
            using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(ct, leadership.Lost);
            try
            {
                await lead(leadership, stop.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (leadership.Lost.IsCancellationRequested && !ct.IsCancellationRequested)
            {
            }
        }
    }

    /// <summary>The ids of all that stand, the leader first, as this session's server knows them.</summary>
    public async Task<IReadOnlyList<string>> GetParticipantsAsync(CancellationToken ct = default)
    {
        List<string> ids = [];
        string[] queue;
        try
        {
            queue = await Contender.QueueAsync(_client, _path, ct).ConfigureAwait(false);
        }
        catch (ZkNoNodeException)
        {
            return ids; // nobody has stood yet
        }

        foreach (string node in queue)
        {
            try
            {
                ZkData data = await RetryAsync(() => _client.GetDataAsync(Child(_path, node), ct: ct), ct).ConfigureAwait(false);
                ids.Add(Encoding.UTF8.GetString(data.Data));
            }
            catch (ZkNoNodeException)
            {
                // it stepped down meanwhile
            }
        }

        return ids;
    }
}
