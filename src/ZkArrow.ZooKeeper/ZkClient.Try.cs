using ZkArrow.ZooKeeper.Protocol;
using ZkArrow.ZooKeeper.Session;

namespace ZkArrow.ZooKeeper;

/// <summary>
/// The operations of hot paths, where a refusal is an ordinary answer: it comes as a <see cref="ZkResult{T}"/>. Only
/// cancellation (<see cref="ZkCanceledException"/>) and wrong arguments are thrown.
/// </summary>
public sealed partial class ZkClient
{
    /// <summary>As <see cref="CreateAsync"/>, without exceptions.</summary>
    public ValueTask<ZkResult<ZkCreated>> TryCreateAsync(
        string path, ReadOnlyMemory<byte> data, ZkCreateMode mode = ZkCreateMode.Persistent,
        IReadOnlyList<ZkAcl>? acl = null, TimeSpan? ttl = null, CancellationToken ct = default) =>
        Submit(NewCreate(path, data, mode, acl, ttl), ct).ResultTask;

    /// <summary>As <see cref="DeleteAsync"/>, without exceptions; the value is true.</summary>
    public ValueTask<ZkResult<bool>> TryDeleteAsync(string path, int version = -1, CancellationToken ct = default) =>
        Submit(NewDelete(path, version), ct).ResultTask;

    /// <summary>As <see cref="ExistsAsync"/>, without exceptions. That the node does not exist is no failure.</summary>
    public ValueTask<ZkResult<ZkExists>> TryExistsAsync(
        string path, Action<ZkWatchEvent>? watcher = null, CancellationToken ct = default) =>
        Submit(NewRead("Exists", OpCode.Exists, path, WatchKind.Exists, watcher, Replies.Exists), ct).ResultTask;

    /// <summary>As <see cref="GetDataAsync"/>, without exceptions.</summary>
    public ValueTask<ZkResult<ZkData>> TryGetDataAsync(
        string path, Action<ZkWatchEvent>? watcher = null, CancellationToken ct = default) =>
        Submit(NewRead("GetData", OpCode.GetData, path, WatchKind.Data, watcher, Replies.Data), ct).ResultTask;

    /// <summary>As <see cref="GetChildrenAsync"/>, without exceptions.</summary>
    public ValueTask<ZkResult<ZkChildren>> TryGetChildrenAsync(
        string path, Action<ZkWatchEvent>? watcher = null, CancellationToken ct = default) =>
        Submit(NewRead("GetChildren", OpCode.GetChildren2, path, WatchKind.Children, watcher, Replies.Children), ct).ResultTask;

    /// <summary>As <see cref="SetDataAsync"/>, without exceptions.</summary>
    public ValueTask<ZkResult<ZkSet>> TrySetDataAsync(
        string path, ReadOnlyMemory<byte> data, int version = -1, CancellationToken ct = default) =>
        Submit(NewSetData(path, data, version), ct).ResultTask;

    /// <summary>
    /// As <see cref="MultiAsync"/>, without exceptions: a refusal has the code of the operation that failed, its
    /// <see cref="ZkResult{T}.Path"/> and its <see cref="ZkResult{T}.FailedIndex"/>.
    /// </summary>
    public ValueTask<ZkResult<ZkMultiResult>> TryMultiAsync(IReadOnlyList<ZkOp> ops, CancellationToken ct = default) =>
        Submit(NewMulti(ops), ct).ResultTask;
}
