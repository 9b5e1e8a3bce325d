namespace ZkArrow.ZooKeeper.Recipes;

/// <summary>What every recipe does with a connection that may break.</summary>
internal static class RecipeIo
{
    /// <summary>How long a recipe that gives up waits for its own cleaning; it goes on after that by itself.</summary>
    public static readonly TimeSpan CleanupBound = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan _throttlePause = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// Repeats what may be repeated: reads, and writes whose second time changes nothing. There is no pause after a
    /// broken connection, because the next request waits in the client for the new one. What does not depend on a
    /// session goes on in the next one.
    /// </summary>
    public static async Task<T> RetryAsync<T>(Func<ValueTask<T>> act, CancellationToken ct, bool anySession = false)
    {
        while (true)
        {
            ct.ThrowIfCancellationRequested();
            try
            {
                return await act().ConfigureAwait(false);
            }
            catch (ZkException broken) when (IsBroken(broken))
            {
            }
            catch (ZkSessionExpiredException) when (anySession)
            {
            }
            catch (ZkException throttled) when (throttled.Code == ZkErrorCode.Throttled)
            {
                await Task.Delay(_throttlePause, ct).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Whether the operation failed with its connection, and not by an answer.</summary>
    public static bool IsBroken(ZkException exception) =>
        exception.Code is ZkErrorCode.ConnectionLoss or ZkErrorCode.SessionMoved;

    /// <summary>Creates a persistent node and those above it, where they are missing.</summary>
    public static async Task EnsureAsync(ZkClient client, string path, CancellationToken ct)
    {
        ZkPath.Validate(path);
        if (path == "/" || (await RetryAsync(() => client.ExistsAsync(path, ct: ct), ct, anySession: true).ConfigureAwait(false)).Stat is not null)
            return;
        await EnsureParentAsync(client, path, ct).ConfigureAwait(false);
        await CreateIfMissingAsync(client, path, default, ct).ConfigureAwait(false);
    }

    /// <summary>Creates all nodes above one, where they are missing.</summary>
    public static Task EnsureParentAsync(ZkClient client, string path, CancellationToken ct) =>
        EnsureAsync(client, path.LastIndexOf('/') is > 0 and int slash ? path[..slash] : "/", ct);

    /// <summary>Creates a persistent node; false when it was there (after a broken connection perhaps as our own).</summary>
    public static Task<bool> CreateIfMissingAsync(
        ZkClient client, string path, ReadOnlyMemory<byte> data, CancellationToken ct) =>
        RetryAsync(
            async () =>
            {
                try
                {
                    await client.CreateAsync(path, data, ct: ct).ConfigureAwait(false);
                    return true;
                }
                catch (ZkNodeExistsException)
                {
                    return false;
                }
            },
            ct, anySession: true);

    /// <summary>Deletes a node in whatever version; false when it was gone.</summary>
    public static Task<bool> DeleteIfThereAsync(ZkClient client, string path, CancellationToken ct) =>
        RetryAsync(
            async () =>
            {
                try
                {
                    await client.DeleteAsync(path, ct: ct).ConfigureAwait(false);
                    return true;
                }
                catch (ZkNoNodeException)
                {
                    return false;
                }
            },
            ct);

    /// <summary>
    /// Waits until something happens to a node: at once when it does not exist. It reads the data, because a watch
    /// for existence would stay behind on a node that never comes back.
    /// </summary>
    public static async Task ChangedOrGoneAsync(ZkClient client, string path, CancellationToken ct)
    {
        TaskCompletionSource changed = NewSignal();
        try
        {
            await RetryAsync(() => client.GetDataAsync(path, _ => changed.TrySetResult(), ct), ct).ConfigureAwait(false);
        }
        catch (ZkNoNodeException)
        {
            return;
        }

        await changed.Task.WaitAsync(ct).ConfigureAwait(false);
    }

    public static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    public static string Child(string parent, string name) => parent == "/" ? "/" + name : $"{parent}/{name}";

    public static string NameOf(string path) => path[(path.LastIndexOf('/') + 1)..];
}
