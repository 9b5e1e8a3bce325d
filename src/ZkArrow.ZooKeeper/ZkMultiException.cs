namespace ZkArrow.ZooKeeper;

/// <summary>
/// A multi was refused as a whole. <see cref="ZkException.Code"/> and <see cref="ZkException.Path"/> are those of the
/// operation that failed.
/// </summary>
public sealed class ZkMultiException : ZkException
{
    internal ZkMultiException(int failedIndex, ZkErrorCode[] codes, string? path)
        : base(codes[failedIndex], ZkOutcome.NotDone, path,
            $"Nothing of the multi was done: operation {failedIndex} on '{path}' failed with {codes[failedIndex]}.")
    {
        FailedIndex = failedIndex;
        Codes = codes;
    }

    /// <summary>The operation that failed.</summary>
    public int FailedIndex { get; }

    /// <summary>
    /// The code of each operation: Ok for those before the failed one (rolled back), RuntimeInconsistency for those
    /// after it (not tried).
    /// </summary>
    public IReadOnlyList<ZkErrorCode> Codes { get; }
}
