namespace ZkArrow.ZooKeeper;

/// <summary>A node that a walk came by.</summary>
/// <param name="Path">Its path.</param>
/// <param name="Stat">Its metadata.</param>
public readonly record struct ZkVisited(string Path, ZkStat Stat);
