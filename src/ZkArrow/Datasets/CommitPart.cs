using ZkArrow.Coordination;
using ZkArrow.Ownership;

namespace ZkArrow.Datasets;

/// <summary>
/// One dataset's share of a commit: the next version of a dataset that exists, or a new dataset with its first version
/// or with none.
/// </summary>
internal sealed class CommitPart
{
    public required DatasetEntry Entry { get; init; }

    public required Guid Incarnation { get; init; }

    /// <summary>The head as it stands after the commit.</summary>
    public required HeadRecord Head { get; set; }

    /// <summary>The operations. The first checks the schema, when <see cref="ChecksSchema"/>.</summary>
    public required IReadOnlyList<TreeOp> Operations { get; init; }

    /// <summary>The place of the head's among them.</summary>
    public required int HeadAt { get; init; }

    /// <summary>The place of the check of the owner, for a dataset that exists: in front of the head's.</summary>
    public int FenceAt => HeadAt - 1;

    /// <summary>Whether the dataset itself is made.</summary>
    public required bool IsNew { get; init; }

    /// <summary>The version's bytes; null when a dataset is made without a version.</summary>
    public Draft? Draft { get; init; }

    /// <summary>The dataset's own record as it stands after the commit.</summary>
    public KnownDataset? Dataset { get; init; }

    /// <summary>Old versions whose records go with this commit.</summary>
    public IReadOnlyList<Manifest> Victims { get; init; } = [];

    public bool ChecksSchema { get; init; }

    /// <summary>The owner that commits it; null without one.</summary>
    public OwnerTerm? Owner { get; init; }

    public Manifest? Manifest => Head.Manifest;

    /// <summary>Set while an answer is lost, and for good once it is known to be applied: nobody may remove the bytes.</summary>
    public void Keep(bool keep)
    {
        if (Draft != null)
            Draft.Keep = keep;
    }
}
