namespace ZkArrow;

/// <content>Transactions.</content>
public sealed partial class ZkArrowClient
{
    /// <summary>Begins a transaction: versions of several datasets that become heads in one atomic commit. Asks the coordinator nothing.</summary>
    /// <returns>The transaction; the caller disposes it, which gives it up unless it was committed.</returns>
    /// <exception cref="ZkArrowException">PermissionDenied (the data directory can only be read).</exception>
    public ZkArrowTransaction BeginTransaction()
    {
        ThrowIfClosed();
        return new ZkArrowTransaction(this, _transactor);
    }
}
