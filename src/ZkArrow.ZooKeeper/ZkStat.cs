namespace ZkArrow.ZooKeeper;

/// <summary>The metadata ZooKeeper keeps with each node.</summary>
/// <param name="Czxid">The transaction that created the node.</param>
/// <param name="Mzxid">The transaction that last changed its data.</param>
/// <param name="Ctime">Creation time on the leader's clock, milliseconds since 1970.</param>
/// <param name="Mtime">Time of the last data change on the leader's clock, milliseconds since 1970.</param>
/// <param name="Version">Version of the data: an opaque token for compare-and-set.</param>
/// <param name="Cversion">Version of the list of children.</param>
/// <param name="Aversion">Version of the access list.</param>
/// <param name="EphemeralOwner">The owning session of an ephemeral node, else 0.</param>
/// <param name="DataLength">Bytes of data.</param>
/// <param name="NumChildren">Number of children.</param>
/// <param name="Pzxid">The transaction that last added or removed a child.</param>
public readonly record struct ZkStat(
    long Czxid, long Mzxid, long Ctime, long Mtime, int Version, int Cversion, int Aversion,
    long EphemeralOwner, int DataLength, int NumChildren, long Pzxid);
