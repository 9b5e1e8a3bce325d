namespace ZkArrow.ZooKeeper;

/// <summary>Collects operations that are done together or not at all; see <see cref="ZkClient.MultiAsync"/>.</summary>
public sealed class ZkTransaction
{
    private readonly ZkClient _client;
    private readonly List<ZkOp> _ops = [];
    private bool _isCommitted;

    internal ZkTransaction(ZkClient client) => _client = client;

    /// <summary>Adds the creation of a node; see <see cref="ZkOp.Create"/>.</summary>
    public ZkTransaction Create(
        string path, ReadOnlyMemory<byte> data, ZkCreateMode mode = ZkCreateMode.Persistent,
        IReadOnlyList<ZkAcl>? acl = null, TimeSpan? ttl = null) => Add(ZkOp.Create(path, data, mode, acl, ttl));

    /// <summary>Adds a set of data; see <see cref="ZkOp.SetData"/>.</summary>
    public ZkTransaction SetData(string path, ReadOnlyMemory<byte> data, int version = -1) =>
        Add(ZkOp.SetData(path, data, version));

    /// <summary>Adds a deletion; see <see cref="ZkOp.Delete"/>.</summary>
    public ZkTransaction Delete(string path, int version = -1) => Add(ZkOp.Delete(path, version));

    /// <summary>Adds a condition; see <see cref="ZkOp.Check"/>.</summary>
    public ZkTransaction Check(string path, int version) => Add(ZkOp.Check(path, version));

    /// <summary>Does it all, or nothing. Once.</summary>
    /// <exception cref="ZkMultiException">An operation was refused, so none was done.</exception>
    public ValueTask<ZkMultiResult> CommitAsync(CancellationToken ct = default)
    {
        RefuseIfCommitted();
        ValueTask<ZkMultiResult> result = _client.MultiAsync(_ops, ct);
        _isCommitted = true;
        return result;
    }

    private ZkTransaction Add(ZkOp op)
    {
        RefuseIfCommitted();
        _ops.Add(op);
        return this;
    }

    private void RefuseIfCommitted()
    {
        if (_isCommitted)
            throw new InvalidOperationException("The transaction was committed before; start another one.");
    }
}
