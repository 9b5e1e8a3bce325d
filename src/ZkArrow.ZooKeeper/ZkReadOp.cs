namespace ZkArrow.ZooKeeper;

/// <summary>One read of a <see cref="ZkClient.MultiReadAsync"/>.</summary>
public sealed class ZkReadOp
{
    private ZkReadOp(string path, bool isChildren)
    {
        ZkPath.Validate(path);
        (Path, IsChildren) = (path, isChildren);
    }

    /// <summary>The node that is read.</summary>
    public string Path { get; }

    internal bool IsChildren { get; }

    /// <summary>Reads the data of a node.</summary>
    public static ZkReadOp GetData(string path) => new(path, isChildren: false);

    /// <summary>Lists the children of a node.</summary>
    public static ZkReadOp GetChildren(string path) => new(path, isChildren: true);
}

/// <summary>What one read of a multi-read found.</summary>
/// <param name="Code">Ok, or why this read failed; the others are not touched by that.</param>
/// <param name="Data">The bytes, for a read of data that succeeded.</param>
/// <param name="Stat">The node's metadata, for a read of data that succeeded.</param>
/// <param name="Children">The names, for a list of children that succeeded.</param>
public readonly record struct ZkReadResult(ZkErrorCode Code, byte[]? Data, ZkStat? Stat, string[]? Children);

/// <summary>What the reads of a multi-read found, in their order.</summary>
/// <param name="Results">One result per read.</param>
/// <param name="Zxid">The transaction the answering server had seen.</param>
public readonly record struct ZkMultiReadResult(ZkReadResult[] Results, long Zxid);

/// <summary>One identity the server knows this session by.</summary>
/// <param name="Scheme">How it was proved.</param>
/// <param name="User">The user; of a digest without the password.</param>
public readonly record struct ZkIdentity(string Scheme, string User);
