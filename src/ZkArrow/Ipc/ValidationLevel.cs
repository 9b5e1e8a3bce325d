namespace ZkArrow.Ipc;

/// <summary>How closely the bytes of a file are looked at before they are trusted.</summary>
internal enum ValidationLevel
{
    /// <summary>All that costs nothing per row: no length, first or last offset leads out of its buffer.</summary>
    Default,

    /// <summary>Also every offset, every dictionary index, every text and every count of nulls.</summary>
    Full,
}
