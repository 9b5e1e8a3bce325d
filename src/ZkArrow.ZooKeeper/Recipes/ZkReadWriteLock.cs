namespace ZkArrow.ZooKeeper.Recipes;

/// <summary>
/// A lock that many readers or one writer hold, fair in the order of arrival: a reader waits for the writers before it
/// only, a writer for everybody before it. Names are those of Curator's InterProcessReadWriteLock (<c>__READ__</c>,
/// <c>__WRIT__</c>); what has neither name counts as a writer.
/// <para>A writer's token is larger than that of every writer before. A reader's token is that of the last writer, and
/// its fence fails once its node is gone or another writer has come. Limits are those of <see cref="ZkLock"/>; a writer
/// cannot take the reader's lock too, nor a reader become a writer.</para>
/// </summary>
public sealed class ZkReadWriteLock
{
    private const string Read = "__READ__";
    private readonly LockQueue _readers, _writers;

    /// <summary>A lock at a path, which is created when it is missing.</summary>
    public ZkReadWriteLock(ZkClient client, string path, ReadOnlyMemory<byte> data = default)
    {
        ArgumentNullException.ThrowIfNull(client);
        ZkPath.Validate(path);
        _readers = new LockQueue(client, path, Read, data);
        _writers = new LockQueue(client, path, "__WRIT__", data);
    }

    /// <summary>Waits until no writer is before us.</summary>
    public Task<ZkLockHandle> AcquireReadAsync(CancellationToken ct = default) =>
        _readers.AcquireAsync(WriterBefore, isShared: true, ct);

    /// <summary>As <see cref="AcquireReadAsync"/> for some time; null when that was not enough.</summary>
    public Task<ZkLockHandle?> TryAcquireReadAsync(TimeSpan timeout, CancellationToken ct = default) =>
        _readers.TryAcquireAsync(WriterBefore, isShared: true, timeout, ct);

    /// <summary>Waits until nobody is before us.</summary>
    public Task<ZkLockHandle> AcquireWriteAsync(CancellationToken ct = default) =>
        _writers.AcquireAsync(LockQueue.OneBefore, isShared: false, ct);

    /// <summary>As <see cref="AcquireWriteAsync"/> for some time; null when that was not enough.</summary>
    public Task<ZkLockHandle?> TryAcquireWriteAsync(TimeSpan timeout, CancellationToken ct = default) =>
        _writers.TryAcquireAsync(LockQueue.OneBefore, isShared: false, timeout, ct);

    private static string? WriterBefore(string[] queue, int own) =>
        queue.Take(own).LastOrDefault(static n => !n.Contains(Read, StringComparison.Ordinal));
}
