using System.Runtime.CompilerServices;
using static ZkArrow.ZooKeeper.Recipes.RecipeIo;

namespace ZkArrow.ZooKeeper.Recipes;

/// <summary>
/// At most so many leases at a time, fair in the order of arrival. The nodes are those of Curator's
/// InterProcessSemaphoreV2: a mutex in <c>locks</c>, a node per lease in <c>leases</c>; so one waiter at a time looks at
/// the leases. All participants must agree on the number.
/// <para>The tokens grow with every lease, but several are valid at a time: refuse by the fence, which fails once the
/// lease's own node is gone, and not by comparing tokens.</para>
/// </summary>
public sealed class ZkSemaphore
{
    private readonly ZkClient _client;
    private readonly string _leases;
    private readonly int _count;
    private readonly ZkLock _mutex;

    /// <summary>A semaphore at a path, which is created when it is missing.</summary>
    public ZkSemaphore(ZkClient client, string path, int count)
    {
        ArgumentNullException.ThrowIfNull(client);
        ZkPath.Validate(path);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        (_client, _count) = (client, count);
        _leases = Child(path, "leases");
        _mutex = new ZkLock(client, Child(path, "locks"));
    }

    /// <summary>Waits for a lease; disposing it gives it back.</summary>
    /// <exception cref="OperationCanceledException">The token fired first; no node stays behind.</exception>
    public async Task<ZkLockHandle> AcquireAsync(CancellationToken ct = default)
    {
        while (true)
        {
            ZkLockHandle turn = await _mutex.AcquireAsync(ct).ConfigureAwait(false);
            await using ConfiguredAsyncDisposable ending = turn.ConfigureAwait(false);
            Contender lease = new(_client, _leases, "lease-", default);
            using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(ct, turn.Lost);
            try
            {
                await EnsureAsync(_client, _leases, stop.Token).ConfigureAwait(false);
                await lease.EnterAsync(stop.Token).ConfigureAwait(false);
                if (await WaitForRoomAsync(lease, stop.Token).ConfigureAwait(false))
                    return new ZkLockHandle(_client, lease, new Grant(turn.Token, [ZkOp.Check(lease.NodePath, -1)]));
            }
            catch (Exception exception) when (
                exception is ZkSessionExpiredException || (exception is OperationCanceledException && !ct.IsCancellationRequested))
            {
                // the turn was lost, so somebody else may look at the leases now: stand in line again
                await lease.LeaveBoundedAsync().ConfigureAwait(false);
            }
            catch
            {
                await lease.LeaveBoundedAsync().ConfigureAwait(false);
                throw;
            }
        }
    }

    /// <summary>False when our own node is gone.</summary>
    private async Task<bool> WaitForRoomAsync(Contender lease, CancellationToken ct)
    {
        while (true)
        {
            TaskCompletionSource changed = NewSignal();
            ZkChildren children = await RetryAsync(
                () => _client.GetChildrenAsync(_leases, _ => changed.TrySetResult(), ct), ct).ConfigureAwait(false);
            int own = Array.IndexOf(Contender.Order(children.Names), lease.Node);
            if (own < 0)
                return false;
            if (children.Names.Length <= _count)
                return true;
            await changed.Task.WaitAsync(ct).ConfigureAwait(false);
        }
    }
}
