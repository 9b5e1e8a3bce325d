using static ZkArrow.ZooKeeper.Recipes.RecipeIo;

namespace ZkArrow.ZooKeeper.Recipes;

/// <summary>
/// Membership: each member has an ephemeral node named by its id, as with Curator's GroupMember, and sees the others.
/// <para>Guarantees those of <see cref="ZkPersistentEphemeral"/> for the own node and of <see cref="ZkTreeCache"/> for
/// the view. Does not guarantee: that a member in the view is alive (a dead one stays for its session's timeout), nor
/// that two members have the same view at a time.</para>
/// </summary>
public sealed class ZkGroup : IAsyncDisposable
{
    private readonly string _path;
    private readonly ZkPersistentEphemeral _own;
    private readonly ZkTreeCache _all;

    private ZkGroup(string path, ZkPersistentEphemeral own, ZkTreeCache all)
    {
        (_path, _own, _all) = (path, own, all);
        all.Changed += nodes => Changed?.Invoke(MembersOf(nodes));
    }

    /// <summary>Joins; when another session has a member of the same id, waits until that one has gone.</summary>
    public static async Task<ZkGroup> JoinAsync(
        ZkClient client, string path, string id, ReadOnlyMemory<byte> data = default, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(id);
        ZkPersistentEphemeral own = await ZkPersistentEphemeral.StartAsync(client, Child(path, id), data, ct).ConfigureAwait(false);
        try
        {
            return new ZkGroup(path, own, await ZkTreeCache.StartAsync(client, path, ct).ConfigureAwait(false));
        }
        catch
        {
            await own.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>The members' data by their id, as last read.</summary>
    public IReadOnlyDictionary<string, byte[]> Members => MembersOf(_all.Nodes);

    /// <summary>Called after each reading that may have changed <see cref="Members"/>. It must not block.</summary>
    public event Action<IReadOnlyDictionary<string, byte[]>>? Changed;

    /// <summary>Gives the own member other data.</summary>
    public void SetData(ReadOnlyMemory<byte> data) => _own.SetData(data);

    /// <summary>Leaves the group.</summary>
    public async ValueTask DisposeAsync()
    {
        await _all.DisposeAsync().ConfigureAwait(false);
        await _own.DisposeAsync().ConfigureAwait(false);
    }

    private Dictionary<string, byte[]> MembersOf(IReadOnlyDictionary<string, ZkData> nodes)
    {
        Dictionary<string, byte[]> members = [];
        foreach ((string path, ZkData node) in nodes)
        {
            string id = NameOf(path);
            if (path != _path && path == Child(_path, id))
                members[id] = node.Data;
        }

        return members;
    }
}
