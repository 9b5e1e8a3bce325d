using ZkArrow.Coordination;

namespace ZkArrow.Datasets;

/// <summary>A dataset's head as read at one moment.</summary>
/// <param name="Incarnation">The dataset's own id: a dropped and re-created dataset has another one.</param>
/// <param name="Record">What stood in the head.</param>
/// <param name="StatVersion">The compare-and-set token of the head's node.</param>
/// <param name="Board">The change board's slot, taken before the head was read.</param>
internal sealed record Head(Guid Incarnation, HeadRecord Record, int StatVersion, ulong Board)
{
    /// <summary>The newest version; null when there is none yet.</summary>
    public Manifest? Manifest => Record.Manifest;

    /// <summary>Its number; 0 when there is none yet.</summary>
    public long Version => Record.Version;
}
