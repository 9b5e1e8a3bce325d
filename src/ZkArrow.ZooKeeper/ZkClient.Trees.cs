using System.Runtime.CompilerServices;

namespace ZkArrow.ZooKeeper;

/// <summary>Helpers made of several operations, none of them atomic.</summary>
public sealed partial class ZkClient
{
    // enough to hide the round trip, few enough to leave the window to others
    private const int TreeReadsAtOnce = 64;

    /// <summary>Starts a transaction; nothing is sent before its commit.</summary>
    public ZkTransaction Transaction() => new(this);

    /// <summary>Creates a node and whatever is missing above it, without data and persistent. One that is there is left alone.</summary>
    public async ValueTask EnsurePathAsync(string path, IReadOnlyList<ZkAcl>? acl = null, CancellationToken ct = default)
    {
        ZkPath.Validate(path);
        if (path.Length == 1)
            return;
        // most often it is there, or only the last part is missing
        while (true)
        {
            ZkResult<ZkCreated> created = await TryCreateAsync(path, default, acl: acl, ct: ct).ConfigureAwait(false);
            if (created.Code is ZkErrorCode.Ok or ZkErrorCode.NodeExists)
                return;
            if (created.Code != ZkErrorCode.NoNode)
                throw created.ToException()!;
            int slash = path.LastIndexOf('/');
            if (slash == 0)
                throw created.ToException()!; // the chroot itself is missing
            await EnsurePathAsync(path[..slash], acl, ct).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Deletes a node and all below it, also what others create there meanwhile. A node that does not exist is no
    /// failure. When it fails, a part may be deleted.
    /// </summary>
    public async ValueTask DeleteRecursiveAsync(string path, CancellationToken ct = default)
    {
        ZkPath.Validate(path);
        if (path.Length == 1)
            throw new ArgumentException("Deleting the root was refused; delete the nodes below it.", nameof(path));
        while (true)
        {
            List<string> found = [];
            await foreach (ZkVisited visited in VisitSubtreeAsync(path, ct).ConfigureAwait(false))
                found.Add(visited.Path);
            found.Reverse(); // children before parents: a session's requests are done in their order
            bool again = false;
            foreach (string[] some in found.Chunk(TreeReadsAtOnce))
            {
                ZkResult<bool>[] results = await Task.WhenAll(some.Select(one => TryDeleteAsync(one, ct: ct).AsTask())).ConfigureAwait(false);
                foreach (ZkResult<bool> result in results)
                {
                    if (result.Code == ZkErrorCode.NotEmpty)
                        again = true;
                    else if (result.Code is not (ZkErrorCode.Ok or ZkErrorCode.NoNode))
                        throw result.ToException()!;
                }
            }

            if (!again)
                return;
        }
    }

    /// <summary>
    /// Walks a node and all below it, each node after its parent and level by level. What is created or deleted
    /// meanwhile may or may not be seen; a node that does not exist is no failure.
    /// </summary>
    public async IAsyncEnumerable<ZkVisited> VisitSubtreeAsync(string path, [EnumeratorCancellation] CancellationToken ct = default)
    {
        ZkPath.Validate(path);
        List<string> level = [path];
        while (level.Count > 0)
        {
            List<string> next = [];
            foreach (string[] some in level.Chunk(TreeReadsAtOnce))
            {
                ZkResult<ZkChildren>[] lists = await Task.WhenAll(
                    some.Select(one => TryGetChildrenAsync(one, ct: ct).AsTask())).ConfigureAwait(false);
                for (int i = 0; i < some.Length; i++)
                {
                    if (lists[i].Code == ZkErrorCode.NoNode)
                        continue;
                    ZkChildren children = lists[i].Value;
                    string prefix = some[i].Length == 1 ? "/" : some[i] + "/";
                    next.AddRange(children.Names.Select(name => prefix + name));
                    yield return new ZkVisited(some[i], children.Stat);
                }
            }

            level = next;
        }
    }
}
