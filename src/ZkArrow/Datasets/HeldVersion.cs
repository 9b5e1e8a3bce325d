namespace ZkArrow.Datasets;

/// <summary>A version that a snapshot holds: its table, or why its bytes could not be had.</summary>
internal sealed record HeldVersion(string Name, DatasetVersion Version, ZkArrowTable? Table, ZkArrowException? Fault);
