using static ZkArrow.ZooKeeper.Recipes.RecipeIo;

namespace ZkArrow.ZooKeeper.Recipes;

/// <summary>What all locks share: enter a queue, wait for one's turn, take the epoch; and leave nothing behind.</summary>
internal sealed class LockQueue(ZkClient client, string path, string name, ReadOnlyMemory<byte> data = default)
{
    private readonly Epoch _epoch = new(client, path);

    public async Task<ZkLockHandle> AcquireAsync(
        Func<string[], int, string?> blocker, bool isShared, CancellationToken ct)
    {
        while (true)
        {
            Contender contender = new(client, path, name, data);
            await EnsureAsync(client, path, ct).ConfigureAwait(false);
            try
            {
                await contender.EnterAsync(ct).ConfigureAwait(false);
                if (await contender.WaitTurnAsync(blocker, ct).ConfigureAwait(false))
                {
                    Grant? grant = isShared
                        ? await _epoch.JoinAsync(contender, ct).ConfigureAwait(false)
                        : await _epoch.RaiseAsync(contender, ct).ConfigureAwait(false);
                    if (grant is not null)
                        return new ZkLockHandle(client, contender, grant);
                }

                await contender.LeaveAsync(ct).ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is ZkSessionExpiredException or ZkNoNodeException)
            {
                // our place is gone, with the session or with the whole queue: stand in line again
                await contender.LeaveBoundedAsync().ConfigureAwait(false);
            }
            catch
            {
                await contender.LeaveBoundedAsync().ConfigureAwait(false);
                throw;
            }
        }
    }

    public async Task<ZkLockHandle?> TryAcquireAsync(
        Func<string[], int, string?> blocker, bool isShared, TimeSpan timeout, CancellationToken ct)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(timeout, TimeSpan.Zero);
        using CancellationTokenSource deadline = CancellationTokenSource.CreateLinkedTokenSource(ct);
        deadline.CancelAfter(timeout);
        try
        {
            return await AcquireAsync(blocker, isShared, deadline.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return null;
        }
    }

    /// <summary>One at a time: everybody waits for the one before, so that a release wakes one.</summary>
    public static string? OneBefore(string[] queue, int own) => own == 0 ? null : queue[own - 1];
}
