using System.Collections.Immutable;

namespace ZkArrow.ZooKeeper;

/// <summary>A snapshot of a node and all below it.</summary>
/// <param name="Nodes">The nodes by their paths, in the order of the paths.</param>
/// <param name="Zxid">The newest transaction that any of the reads had seen.</param>
public readonly record struct ZkTree(ImmutableSortedDictionary<string, ZkData> Nodes, long Zxid);
