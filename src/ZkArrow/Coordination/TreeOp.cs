namespace ZkArrow.Coordination;

/// <summary>One operation of an atomic commit.</summary>
internal readonly record struct TreeOp(TreeOpKind Kind, string Path, ReadOnlyMemory<byte> Data, int StatVersion)
{
    /// <summary>For <see cref="Check"/>: the node must exist, whatever its stat version.</summary>
    public const int Exists = -1;

    public static TreeOp Create(string path, ReadOnlyMemory<byte> data) => new(TreeOpKind.Create, path, data, 0);

    /// <summary>Makes a node that goes when this session ends.</summary>
    public static TreeOp CreateBound(string path, ReadOnlyMemory<byte> data) => new(TreeOpKind.CreateBound, path, data, 0);

    public static TreeOp Set(string path, ReadOnlyMemory<byte> data, int statVersion) => new(TreeOpKind.Set, path, data, statVersion);

    public static TreeOp Delete(string path, int statVersion) => new(TreeOpKind.Delete, path, default, statVersion);

    public static TreeOp Check(string path, int statVersion) => new(TreeOpKind.Check, path, default, statVersion);
}

internal enum TreeOpKind
{
    Create,
    CreateBound,
    Set,
    Delete,
    Check,
}

/// <summary>Why a commit was refused.</summary>
internal enum TreeRefusal
{
    None,
    NoNode,
    NodeExists,
    BadVersion,
    NotEmpty,
    Other,
}

/// <summary>
/// The answer to a commit: applied as the commit with a number, with the new stat version of each node set, or refused
/// at one operation.
/// </summary>
internal readonly record struct TreeAnswer(TreeRefusal Refusal, int RefusedAt, int KeeperCode, IReadOnlyList<int> StatVersions, long CommittedAt = 0)
{
    public bool Committed => Refusal == TreeRefusal.None;
}
