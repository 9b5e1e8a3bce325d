using ZkArrow.ZooKeeper.Protocol;
using ZkArrow.ZooKeeper.Session;

namespace ZkArrow.ZooKeeper;

/// <summary>Questions beyond a single node, and what the ensemble knows of itself and of this session.</summary>
public sealed partial class ZkClient
{
    private const string ConfigPath = "/zookeeper/config";

    /// <summary>
    /// Reads many nodes of one server in one request. Each read succeeds or fails by itself; the server answers all
    /// from one moment unless a write comes between, so that related nodes are better kept in one. Servers from 3.6.
    /// </summary>
    public ValueTask<ZkMultiReadResult> MultiReadAsync(IReadOnlyList<ZkReadOp> ops, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(ops);
        if (ops.Count == 0)
            throw new ArgumentException("A multi-read without reads was refused; give at least one.", nameof(ops));
        JuteWriter writer = Start(OpCode.MultiRead);
        foreach (ZkReadOp op in ops)
        {
            Requests.WriteMultiHeader(ref writer, op.IsChildren ? OpCode.GetChildren : OpCode.GetData, done: false);
            WritePath(ref writer, op.Path);
            writer.WriteBool(false);
        }

        Requests.WriteMultiHeader(ref writer, default, done: true);
        return Submit(New("MultiRead", null, isWrite: false, writer, MoreReplies.MultiRead(ops.Count)), ct).Task;
    }

    /// <summary>Lists the ephemeral nodes of this session at and below a path. Servers from 3.6.</summary>
    public ValueTask<string[]> GetEphemeralsAsync(string path = "/", CancellationToken ct = default) =>
        Submit(NewOfPath("GetEphemerals", OpCode.GetEphemerals, path, MoreReplies.Paths), ct).Task;

    /// <summary>Counts the nodes below a path, however deep. Servers from 3.6.</summary>
    /// <exception cref="ZkNoNodeException">The node does not exist.</exception>
    public ValueTask<int> GetAllChildrenNumberAsync(string path, CancellationToken ct = default) =>
        Submit(NewOfPath("GetAllChildrenNumber", OpCode.GetAllChildrenNumber, path, MoreReplies.Number), ct).Task;

    /// <summary>Asks which identities the server takes this session for. Servers from 3.7.</summary>
    public ValueTask<ZkIdentity[]> WhoAmIAsync(CancellationToken ct = default) =>
        Submit(New("WhoAmI", null, isWrite: false, Start(OpCode.WhoAmI), MoreReplies.Identities), ct).Task;

    /// <summary>Reads the configuration of the ensemble: one <c>server.N=…</c> line per member, and its version.</summary>
    public ValueTask<ZkData> GetConfigAsync(Action<ZkWatchEvent>? watcher = null, CancellationToken ct = default)
    {
        JuteWriter writer = Start(OpCode.GetData);
        writer.WriteString(ConfigPath); // never under the chroot
        writer.WriteBool(watcher is not null);
        Request<ZkData> request = New("GetConfig", ConfigPath, isWrite: false, writer, Replies.Data);
        if (watcher is not null)
            (request.WatchKind, request.WatchPath, request.Watcher) = (WatchKind.Data, ConfigPath, watcher);
        return Submit(request, ct).Task;
    }

    /// <summary>
    /// Changes the members of the ensemble: either some join and some leave, or all are named anew. Returns the new
    /// configuration. Needs <c>reconfigEnabled=true</c> on the servers and the right to write their configuration.
    /// </summary>
    /// <param name="joining">Members to add or change, as <c>server.N=…</c>, separated by commas.</param>
    /// <param name="leaving">Numbers of the members to remove, separated by commas.</param>
    /// <param name="newMembers">All members, instead of the two others.</param>
    /// <param name="fromConfig">Only if this is the version of the configuration (-1: any).</param>
    /// <param name="ct">Stops waiting.</param>
    public ValueTask<ZkData> ReconfigAsync(
        string? joining = null, string? leaving = null, string? newMembers = null, long fromConfig = -1,
        CancellationToken ct = default)
    {
        if ((joining is null && leaving is null) == (newMembers is null))
            throw new ArgumentException("A reconfiguration was refused; give either joining and leaving, or newMembers.");
        JuteWriter writer = Start(OpCode.Reconfig);
        writer.WriteNullableString(joining);
        writer.WriteNullableString(leaving);
        writer.WriteNullableString(newMembers);
        writer.WriteLong(fromConfig);
        return Submit(New("Reconfig", ConfigPath, isWrite: true, writer, Replies.Data), ct).Task;
    }

    /// <summary>
    /// Takes the one-shot watches of this client on a node away: their watchers are not called any more once this
    /// returned. Watches of <see cref="AddWatchAsync"/> are not touched; dispose their handles.
    /// </summary>
    /// <returns>Whether there was such a watch.</returns>
    public async ValueTask<bool> RemoveWatchesAsync(string path, ZkWatchType type = ZkWatchType.Any, CancellationToken ct = default)
    {
        ZkPath.Validate(path);
        string serverPath = ToServer(path);
        if (_session.TryTakeCovered(serverPath, type, out bool found))
            return found;
        JuteWriter writer = Start(OpCode.RemoveWatches);
        writer.WriteString(serverPath);
        writer.WriteInt((int)type);
        Request<bool> request = New("RemoveWatches", path, isWrite: false, writer, Replies.Nothing);
        request.WatchPath = serverPath;
        request.RemovesWatches = type;
        ZkResult<bool> result = await Submit(request, ct).ResultTask.ConfigureAwait(false);
        if (result.IsOk)
            return true;
        if (result.Code == ZkErrorCode.NoWatcher)
            return false;
        // a watch that is forgotten here is not armed again when the connection is back
        if (result.Code is ZkErrorCode.ConnectionLoss or ZkErrorCode.SessionExpired)
            return _session.TakeOneShots(serverPath, type);
        throw result.ToException()!;
    }

    /// <summary>Asks the server whether it keeps a watch of this session on a node.</summary>
    public async ValueTask<bool> CheckWatchesAsync(string path, ZkWatchType type = ZkWatchType.Any, CancellationToken ct = default)
    {
        ZkPath.Validate(path);
        JuteWriter writer = Start(OpCode.CheckWatches);
        WritePath(ref writer, path);
        writer.WriteInt((int)type);
        ZkResult<bool> result = await Submit(New("CheckWatches", path, isWrite: false, writer, Replies.Nothing), ct)
            .ResultTask.ConfigureAwait(false);
        return result.Code != ZkErrorCode.NoWatcher && result.Value;
    }

    /// <summary>
    /// Changes the list of servers. The session stays; when its server is not in the new list, it moves to one that
    /// is. When the list grew, as large a share of the clients as the new servers are of the list, chosen by chance,
    /// moves to one of those. The chroot cannot change.
    /// </summary>
    /// <exception cref="FormatException">The connect string was wrong.</exception>
    public void UpdateServers(string connectString)
    {
        ZkConnectString parsed = ZkConnectString.Parse(connectString);
        if (parsed.Chroot != Chroot)
        {
            throw new ArgumentException(
                $"Chroot '{parsed.Chroot}' was refused: the client has '{Chroot}'; make another client for another chroot.",
                nameof(connectString));
        }

        _session.UpdateServers(parsed);
    }
}
