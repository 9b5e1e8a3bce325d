namespace ZkArrow.Segments;

/// <summary>One linked segment as it was when the directory was listed.</summary>
/// <param name="Name">Its name, <c>incarnation/file.arrow</c>.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="Age">Time since its last write or link.</param>
internal readonly record struct SegmentFile(string Name, long Bytes, TimeSpan Age);
