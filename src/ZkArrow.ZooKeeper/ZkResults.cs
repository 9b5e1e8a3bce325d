namespace ZkArrow.ZooKeeper;

/// <summary>The data of a node.</summary>
/// <param name="Data">The bytes; empty when the node has none.</param>
/// <param name="Stat">The node's metadata.</param>
/// <param name="Zxid">The transaction the answering server had seen.</param>
public readonly record struct ZkData(byte[] Data, ZkStat Stat, long Zxid);

/// <summary>Whether a node exists.</summary>
/// <param name="Stat">The node's metadata, or null when it does not exist.</param>
/// <param name="Zxid">The transaction the answering server had seen.</param>
public readonly record struct ZkExists(ZkStat? Stat, long Zxid);

/// <summary>The children of a node.</summary>
/// <param name="Names">Their names (not paths), in no particular order.</param>
/// <param name="Stat">The parent's metadata.</param>
/// <param name="Zxid">The transaction the answering server had seen.</param>
public readonly record struct ZkChildren(string[] Names, ZkStat Stat, long Zxid);

/// <summary>A node that was created.</summary>
/// <param name="Path">Its path, with the counter the server appended to a sequential one.</param>
/// <param name="Stat">Its metadata.</param>
/// <param name="Zxid">The transaction that created it.</param>
public readonly record struct ZkCreated(string Path, ZkStat Stat, long Zxid);

/// <summary>A node whose data or access list was set.</summary>
/// <param name="Stat">Its metadata afterwards.</param>
/// <param name="Zxid">The transaction that set it.</param>
public readonly record struct ZkSet(ZkStat Stat, long Zxid);

/// <summary>The access list of a node.</summary>
/// <param name="Acl">The entries.</param>
/// <param name="Stat">The node's metadata.</param>
/// <param name="Zxid">The transaction the answering server had seen.</param>
public readonly record struct ZkAclResult(IReadOnlyList<ZkAcl> Acl, ZkStat Stat, long Zxid);

/// <summary>The result of one operation of a multi.</summary>
/// <param name="Path">The path of a created node, else null.</param>
/// <param name="Stat">The metadata after a set or after the create of a container or TTL node, else null: of other
/// creates in a multi servers tell the path only.</param>
public readonly record struct ZkOpResult(string? Path, ZkStat? Stat);

/// <summary>The results of a multi, in the order of its operations.</summary>
/// <param name="Results">One result per operation.</param>
/// <param name="Zxid">The one transaction that did them all.</param>
public readonly record struct ZkMultiResult(ZkOpResult[] Results, long Zxid)
{
    /// <summary>Why there are no results. A value and not thrown where it is read, as it is an ordinary answer.</summary>
    internal ZkMultiException? Refusal { get; init; }
}
