using System.Runtime.CompilerServices;
using ZkArrow.ZooKeeper.Session;

namespace ZkArrow.ZooKeeper;

/// <summary>
/// Watches as streams of snapshots. A stream begins with what is there and goes on until it is left, cancelled, or the
/// client is closed. It always reaches the newest state: an event only makes it read again, also when the session was
/// lost meanwhile, and a read that fails is repeated. States that pass faster than they are read are left out. Closing
/// the client ends a stream with <see cref="ZkClosedException"/>.
/// </summary>
public sealed partial class ZkClient
{
    // a server that refuses at once must not be asked in a tight loop
    private static readonly TimeSpan RetryPause = TimeSpan.FromMilliseconds(20);

    /// <summary>The data of a node, now and after every change; null while the node does not exist.</summary>
    public IAsyncEnumerable<ZkData?> WatchDataAsync(string path, CancellationToken ct = default)
    {
        ZkPath.Validate(path);
        return WatchAsync<ZkData>(path, TryGetDataAsync, static (one, other) => one.Stat.Mzxid == other.Stat.Mzxid, ct);
    }

    /// <summary>The children of a node, now and after every change of the list; null while the node does not exist.</summary>
    public IAsyncEnumerable<ZkChildren?> WatchChildrenAsync(string path, CancellationToken ct = default)
    {
        ZkPath.Validate(path);
        return WatchAsync<ZkChildren>(
            path, TryGetChildrenAsync,
            static (one, other) => one.Stat.Pzxid == other.Stat.Pzxid && one.Stat.Czxid == other.Stat.Czxid, ct);
    }

    /// <summary>
    /// A node and all below it, now and after every change: each snapshot maps paths to data and is empty while the
    /// node does not exist. Nodes are read one by one, so a snapshot may mix states that never were there together;
    /// what is read once more later is never older.
    /// </summary>
    public async IAsyncEnumerable<ZkTree> WatchTreeAsync(string path, [EnumeratorCancellation] CancellationToken ct = default)
    {
        ZkPath.Validate(path);
        TreeFollower follower = new(this, path);
        await using (await follower.StartAsync(ct).ConfigureAwait(false))
        {
            while (true)
            {
                if (await follower.ReadDirtyAsync(ct).ConfigureAwait(false) is { } changed)
                    yield return changed;
                await follower.WaitAsync(ct).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Whether a failed read of a stream is to be repeated: the failure tells of a connection, not of the node.</summary>
    internal static bool IsPassing(ZkErrorCode code) => code
        is ZkErrorCode.ConnectionLoss or ZkErrorCode.SessionExpired or ZkErrorCode.SessionMoved
        or ZkErrorCode.OperationTimeout or ZkErrorCode.RequestTimeout or ZkErrorCode.Throttled;

    internal static Task PauseAsync(CancellationToken ct) => Task.Delay(RetryPause, ct);

    private async IAsyncEnumerable<T?> WatchAsync<T>(
        string path, Func<string, Action<ZkWatchEvent>, CancellationToken, ValueTask<ZkResult<T>>> read, Func<T, T, bool> isSame,
        [EnumeratorCancellation] CancellationToken ct)
        where T : struct
    {
        WakeSignal signal = new();
        Action<ZkWatchEvent> watcher = _ => signal.Set(); // one object: set again on each read, it is called once
        try
        {
            bool isFirst = true;
            T? last = null;
            while (true)
            {
                ZkResult<T> result = await read(path, watcher, ct).ConfigureAwait(false);
                T? current = null;
                if (result.IsOk)
                {
                    current = result.Value;
                }
                else if (IsPassing(result.Code))
                {
                    await PauseAsync(ct).ConfigureAwait(false);
                    continue;
                }
                else if (result.Code != ZkErrorCode.NoNode)
                {
                    throw result.ToException()!;
                }
                else
                {
                    // a read of a missing node sets no watch; asking for its existence does
                    ZkResult<ZkExists> exists = await TryExistsAsync(path, watcher, ct).ConfigureAwait(false);
                    if (!exists.IsOk && !IsPassing(exists.Code))
                        throw exists.ToException()!;
                    if (!exists.IsOk || exists.Value.Stat is not null)
                    {
                        await PauseAsync(ct).ConfigureAwait(false);
                        continue;
                    }
                }

                if (isFirst || current.HasValue != last.HasValue || (current.HasValue && !isSame(current.Value, last!.Value)))
                    yield return current;
                (isFirst, last) = (false, current);
                await signal.WaitAsync(ct).ConfigureAwait(false);
            }
        }
        finally
        {
            _session.Forget(ToServer(path), watcher);
        }
    }
}
