using Apache.Arrow;
using Apache.Arrow.Ipc;
using ZkArrow.ArrowC;
using ZkArrow.Datasets;

namespace ZkArrow;

/// <summary>
/// Versions of several datasets that become heads together, in one atomic commit, or not at all. Their bytes are written when they are
/// published into it; nobody sees them before the commit. Disposing it without a commit leaves nothing.
/// </summary>
/// <remarks>
/// At most 256 datasets, each once, and 768 KiB of records and inline tables. Its members are for one thread at a time; it may be
/// disposed by another. A commit that fails leaves it open, to be committed again, unless its outcome is unknown.
/// </remarks>
public sealed class ZkArrowTransaction : IDisposable
{
    private readonly ZkArrowClient _client;
    private readonly Transactor _transactor;
    private readonly string _commit;
    private readonly List<StagedVersion> _staged = [];
    private readonly Lock _changing = new();
    private string? _spent;
    private bool _busy;
    private bool _closed;

    internal ZkArrowTransaction(ZkArrowClient client, Transactor transactor)
    {
        _client = client;
        _transactor = transactor;
        _commit = transactor.NextCommitId();
    }

    /// <summary>What was committed, in the order of publishing; empty before.</summary>
    public IReadOnlyList<DatasetInfo> Versions { get; private set; } = [];

    /// <summary>Puts a batch into the transaction, as the next version of a dataset, which is made when it does not exist.</summary>
    /// <param name="name">The dataset, once in a transaction.</param>
    /// <param name="batch">The table; copied once, and still the caller's afterwards.</param>
    /// <param name="options">Null for the defaults. With an expected version the whole transaction is refused unless it is the head's.</param>
    /// <param name="cancellationToken">Stops the waiting; the transaction is then as it was.</param>
    /// <exception cref="ZkArrowException">
    /// InvalidArgument (the dataset is in it already; committed already), Busy, TooLarge (the 257th dataset, or too many bytes), AlreadyExists,
    /// NotFound, Conflict (naming the winner), NotOwner, SchemaMismatch, NoSpace, Unavailable, Unsupported. The transaction is then as it was.
    /// </exception>
    public async ValueTask PublishAsync(string name, RecordBatch batch, PublishOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(batch);
        using ArrowTable table = BatchImport.From(batch.Schema, [batch]);
        await StageAsync(name, table, options, appends: false, _client.OperationTimeout, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Puts all batches of a stream into the transaction; otherwise as <see cref="PublishAsync(string, RecordBatch, PublishOptions?, CancellationToken)"/>.</summary>
    /// <param name="name">The dataset, once in a transaction.</param>
    /// <param name="batches">The table; read to its end. The caller disposes it.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <param name="cancellationToken">Stops the waiting; the transaction is then as it was.</param>
    /// <exception cref="ZkArrowException">As for a batch.</exception>
    public async ValueTask PublishAsync(string name, IArrowArrayStream batches, PublishOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(batches);
        using ArrowTable table = await BatchImport.FromAsync(batches, cancellationToken).ConfigureAwait(false);
        await StageAsync(name, table, options, appends: false, _client.OperationTimeout, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Puts the head's rows and those of a batch behind them into the transaction, as the next version.</summary>
    /// <param name="name">The dataset, once in a transaction.</param>
    /// <param name="batch">The rows to add, of the head's schema.</param>
    /// <param name="options">Null for the defaults; an inline residency is refused.</param>
    /// <param name="cancellationToken">Stops the waiting; the transaction is then as it was.</param>
    /// <exception cref="ZkArrowException">As for publishing, and NotResident or DataLost when the head's rows had to be rewritten and are not here.</exception>
    public async ValueTask AppendAsync(string name, RecordBatch batch, PublishOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(batch);
        using ArrowTable table = BatchImport.From(batch.Schema, [batch]);
        await StageAsync(name, table, options, appends: true, _client.OperationTimeout, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Adds the rows of a stream; otherwise as <see cref="AppendAsync(string, RecordBatch, PublishOptions?, CancellationToken)"/>.</summary>
    /// <param name="name">The dataset, once in a transaction.</param>
    /// <param name="batches">The rows to add; read to its end. The caller disposes it.</param>
    /// <param name="options">Null for the defaults; an inline residency is refused.</param>
    /// <param name="cancellationToken">Stops the waiting; the transaction is then as it was.</param>
    /// <exception cref="ZkArrowException">As for a batch.</exception>
    public async ValueTask AppendAsync(string name, IArrowArrayStream batches, PublishOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(batches);
        using ArrowTable table = await BatchImport.FromAsync(batches, cancellationToken).ConfigureAwait(false);
        await StageAsync(name, table, options, appends: true, _client.OperationTimeout, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Makes all versions heads, or none. A dataset published without an expected version is committed on whatever its head is by then.
    /// A transaction of no dataset does nothing.
    /// </summary>
    /// <param name="cancellationToken">Stops the waiting; what was sent may be applied all the same.</param>
    /// <returns>What was committed, in the order of publishing. All have the same commit id and commit number.</returns>
    /// <exception cref="ZkArrowException">
    /// InvalidArgument (committed already), Busy, TooLarge, AlreadyExists, NotFound, Conflict (naming the dataset and the winner), NotOwner,
    /// SchemaMismatch, NoSpace, Unavailable. Nothing was applied, unless IsOutcomeUnknown says that it may have been.
    /// </exception>
    public ValueTask<IReadOnlyList<DatasetInfo>> CommitAsync(CancellationToken cancellationToken = default) =>
        CommitAsync(_client.OperationTimeout, cancellationToken);

    /// <summary>Gives up what was not committed. A commit under way goes on to its end. Doing it twice is fine.</summary>
    public void Dispose()
    {
        lock (_changing)
        {
            if (_closed)
                return;
            _closed = true;
            if (_busy)
                return;
        }

        Free();
    }

    internal DatasetVersion VersionOf(string name) =>
        Versions.FirstOrDefault(version => version.Name == name)?.Head
        ?? throw new ZkArrowException(ZkArrowStatus.NotFound, $"the transaction made no version of '{name}'; ask after its commit, for a dataset in it");

    internal async ValueTask StageAsync(string name, ArrowTable table, PublishOptions? options, bool appends, TimeSpan timeout, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(name);
        Enter();
        try
        {
            _staged.Add(await _client.CallAsync(
                call => _transactor.StageAsync(name, table, _commit, options ?? new PublishOptions(), appends, _staged, _client.InlineMax, call),
                timeout,
                cancellationToken).ConfigureAwait(false));
        }
        finally
        {
            Leave(null);
        }
    }

    internal async ValueTask<IReadOnlyList<DatasetInfo>> CommitAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        Enter();
        string? spent = null;
        try
        {
            IReadOnlyList<DatasetVersion> versions = await _client.CallAsync(
                call => _transactor.CommitAsync(_staged, call), timeout, cancellationToken).ConfigureAwait(false);
            spent = "was committed already";
            return Versions = [.. versions.Select((version, i) => new DatasetInfo(_staged[i].Part.Entry.Name, version))];
        }
        catch when (_staged.Any(staged => staged.IsKept))
        {
            spent = "may have been committed, its outcome is unknown";
            throw;
        }
        finally
        {
            Leave(spent);
        }
    }

    private void Enter()
    {
        lock (_changing)
        {
            ObjectDisposedException.ThrowIf(_closed, this);
            if (_spent != null)
                throw new ZkArrowException(ZkArrowStatus.InvalidArgument, $"the transaction {_spent}; begin another one");
            if (_busy)
                throw new ZkArrowException(ZkArrowStatus.Busy, "the transaction is being used by another thread; use it from one at a time");
            _busy = true;
        }
    }

    /// <summary>Ends a call: the transaction is spent, or open as before.</summary>
    private void Leave(string? spent)
    {
        bool closed;
        lock (_changing)
        {
            _spent = spent;
            _busy = false;
            closed = _closed;
        }

        if (closed || spent != null)
            Free();
    }

    private void Free()
    {
        foreach (StagedVersion staged in _staged)
            staged.Dispose();
        _staged.Clear();
    }
}
