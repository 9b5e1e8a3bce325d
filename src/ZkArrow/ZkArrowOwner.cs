using Apache.Arrow;
using Apache.Arrow.Ipc;
using ZkArrow.Ownership;

namespace ZkArrow;

/// <summary>
/// The right to be the one writer of a dataset, until it is released, taken over, or its process dies. From
/// <see cref="ZkArrowClient.AcquireOwnershipAsync(string, OwnershipOptions?, CancellationToken)"/>. Any number of threads may use it at once.
/// </summary>
/// <remarks>
/// An owner that is not <see cref="OwnerState.Connected"/> does not publish: it waits for the connection as long as its call
/// may, and the call then ends as Unavailable. Whatever its state says, an owner that was taken over cannot publish: each commit
/// checks the epoch, and is refused as Fenced with nothing of it visible.
/// </remarks>
public sealed class ZkArrowOwner : IAsyncDisposable
{
    /// <summary>For how long disposing waits; the release goes on behind it.</summary>
    private static readonly TimeSpan DisposeBound = TimeSpan.FromSeconds(5);

    private readonly ZkArrowClient _client;

    internal ZkArrowOwner(ZkArrowClient client, OwnerTerm term)
    {
        (_client, Term) = (client, term);
        term.StateChanged += state => StateChanged?.Invoke(this, state);
    }

    /// <summary>
    /// Raised once per change of <see cref="State"/>, in order, on a thread of the library, also when the clock alone
    /// changes it. Handlers must not block.
    /// </summary>
    public event EventHandler<OwnerState>? StateChanged;

    /// <summary>The dataset.</summary>
    public string Name => Term.Name;

    /// <summary>The fencing token: larger than that of every owner before. Pass it along to whatever else must not obey a late owner.</summary>
    public long Epoch => Term.Epoch;

    /// <summary>The state at this moment.</summary>
    public OwnerState State => Term.State;

    internal OwnerTerm Term { get; }

    /// <summary>Waits until the state is another one than <paramref name="from"/>, and returns it.</summary>
    /// <param name="from">The state already known.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="ZkArrowException">Timeout: it was the same until the client's OperationTimeout. Fenced, NotOwner: the state is final.</exception>
    public ValueTask<OwnerState> WaitForChangeAsync(OwnerState from, CancellationToken cancellationToken = default) =>
        WaitForChangeAsync(from, _client.OperationTimeout, cancellationToken);

    /// <summary>Makes a batch the next version of the dataset, as its owner.</summary>
    /// <param name="batch">The table; copied once into shared memory, and still the caller's afterwards.</param>
    /// <param name="options">Null for the defaults; its owner is this one.</param>
    /// <param name="cancellationToken">Stops the waiting; what was sent may be applied all the same.</param>
    /// <exception cref="ZkArrowException">Fenced (naming the new owner), NotOwner (released), and as <see cref="ZkArrowClient.PublishAsync(string, RecordBatch, PublishOptions?, CancellationToken)"/>.</exception>
    public ValueTask<DatasetVersion> PublishAsync(RecordBatch batch, PublishOptions? options = null, CancellationToken cancellationToken = default) =>
        _client.PublishAsync(Name, batch, Owned(options), cancellationToken);

    /// <summary>Makes all batches of a stream the next version of the dataset, as its owner.</summary>
    /// <param name="batches">The table; read to its end, copied once into shared memory. The caller disposes it.</param>
    /// <param name="options">Null for the defaults; its owner is this one.</param>
    /// <param name="cancellationToken">Stops the waiting; what was sent may be applied all the same.</param>
    /// <exception cref="ZkArrowException">As <see cref="PublishAsync(RecordBatch, PublishOptions?, CancellationToken)"/>.</exception>
    public ValueTask<DatasetVersion> PublishAsync(IArrowArrayStream batches, PublishOptions? options = null, CancellationToken cancellationToken = default) =>
        _client.PublishAsync(Name, batches, Owned(options), cancellationToken);

    /// <summary>Makes a loan the next version of the dataset, as its owner.</summary>
    /// <param name="loan">The loan.</param>
    /// <param name="rows">The rows to publish, from the first on; null for all.</param>
    /// <param name="options">Null for the defaults; its owner is this one.</param>
    /// <param name="cancellationToken">Stops the waiting; what was sent may be applied all the same.</param>
    /// <exception cref="ZkArrowException">As <see cref="PublishAsync(RecordBatch, PublishOptions?, CancellationToken)"/> and <see cref="ZkArrowLoan.PublishAsync(string, long?, PublishOptions?, CancellationToken)"/>.</exception>
    public ValueTask<DatasetVersion> PublishAsync(ZkArrowLoan loan, long? rows = null, PublishOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(loan);
        return loan.PublishAsync(Name, rows, Owned(options), cancellationToken);
    }

    /// <summary>Makes the head's rows and those of a batch behind them the next version, as its owner.</summary>
    /// <param name="batch">The rows to add, of the head's schema.</param>
    /// <param name="options">Null for the defaults; its owner is this one.</param>
    /// <param name="cancellationToken">Stops the waiting; what was sent may be applied all the same.</param>
    /// <exception cref="ZkArrowException">As <see cref="PublishAsync(RecordBatch, PublishOptions?, CancellationToken)"/> and <see cref="ZkArrowClient.AppendAsync(string, RecordBatch, PublishOptions?, CancellationToken)"/>.</exception>
    public ValueTask<DatasetVersion> AppendAsync(RecordBatch batch, PublishOptions? options = null, CancellationToken cancellationToken = default) =>
        _client.AppendAsync(Name, batch, Owned(options), cancellationToken);

    /// <summary>Makes the head's rows and those of a stream behind them the next version, as its owner.</summary>
    /// <param name="batches">The rows to add, of the head's schema; read to the end. The caller disposes it.</param>
    /// <param name="options">Null for the defaults; its owner is this one.</param>
    /// <param name="cancellationToken">Stops the waiting; what was sent may be applied all the same.</param>
    /// <exception cref="ZkArrowException">As <see cref="AppendAsync(RecordBatch, PublishOptions?, CancellationToken)"/>.</exception>
    public ValueTask<DatasetVersion> AppendAsync(IArrowArrayStream batches, PublishOptions? options = null, CancellationToken cancellationToken = default) =>
        _client.AppendAsync(Name, batches, Owned(options), cancellationToken);

    /// <summary>
    /// Gives the ownership back, which wakes whoever waits for it. It is over for this owner at once; where the coordinator does
    /// not hear of it in time, the release goes on behind the caller's back. Once it is over, by whatever cause, this does nothing.
    /// </summary>
    /// <param name="cancellationToken">Stops the waiting, not the release.</param>
    /// <exception cref="ZkArrowException">Unavailable: the coordinator could not be told in time; it will be.</exception>
    public ValueTask ReleaseAsync(CancellationToken cancellationToken = default) =>
        ReleaseAsync(_client.OperationTimeout, cancellationToken);

    /// <summary>Releases as <see cref="ReleaseAsync(CancellationToken)"/> does, and waits for it a few seconds at most. Doing it twice is fine.</summary>
    public async ValueTask DisposeAsync() =>
        await Task.WhenAny(Term.ReleaseAsync(), Task.Delay(DisposeBound)).ConfigureAwait(false);

    internal ValueTask<OwnerState> WaitForChangeAsync(OwnerState from, TimeSpan timeout, CancellationToken cancellationToken) =>
        _client.WaitForChangeAsync(Term, from, timeout, cancellationToken);

    internal ValueTask ReleaseAsync(TimeSpan timeout, CancellationToken cancellationToken) =>
        _client.ReleaseAsync(Term, timeout, cancellationToken);

    private PublishOptions Owned(PublishOptions? options) => (options ?? new PublishOptions()) with { Owner = this };
}
