using Apache.Arrow;
using Apache.Arrow.Ipc;
using ZkArrow.ArrowC;
using ZkArrow.Datasets;
using ZkArrow.Ownership;

namespace ZkArrow;

/// <summary>
/// An open connection to one ZkArrow namespace: named, versioned Arrow tables shared with the other processes of the
/// host with no copy, coordinated by ZooKeeper. Any number of threads may use it at once.
/// </summary>
public sealed partial class ZkArrowClient : IAsyncDisposable
{
    private static readonly PublishOptions DefaultPublish = new();
    private static readonly ReadOptions DefaultRead = new();

    private readonly ZkArrowOptions _options;
    private readonly DatasetContext _context;
    private readonly HeadCache _heads;
    private readonly Publisher _publisher;
    private readonly Reader _reader;
    private readonly SegmentRecords _records;
    private readonly Catalog _catalog;
    private readonly Dropper _dropper;
    private readonly SnapshotOpener _snapshots;
    private readonly Transactor _transactor;
    private readonly Tender _tender;
    private readonly DatasetSettings _settings;
    private readonly Acquirer _acquirer;
    private long _inlineMax;
    private int _closed;

    private ZkArrowClient(ZkArrowOptions options, DatasetContext context)
    {
        _options = options;
        _inlineMax = options.InlineMax;
        _context = context;
        _heads = new HeadCache(context);
        CommitLoop commits = new(context);
        DatasetRecords datasets = new(context, commits);
        _reader = new Reader(context, _heads, datasets);
        _catalog = new Catalog(context, _heads, _reader, datasets);
        _records = new SegmentRecords(context, _catalog, _reader);
        _snapshots = new SnapshotOpener(new HeadSet(context, _heads), _catalog, new VersionFinder(_catalog, _reader), _reader);
        SchemaStore schemas = new(context, commits);
        PartMaker parts = new(context, schemas, new SpaceReport(_records, datasets), datasets, new Lifetimes(context));
        _publisher = new Publisher(context, _heads, parts, commits, schemas, _reader);
        _transactor = new Transactor(context, _heads, parts, commits, schemas, _reader);
        _dropper = new Dropper(context, _heads, _catalog, _reader, _records, datasets);
        _acquirer = new Acquirer(context, _heads, _publisher);
        RetentionKeeper retention = new(context, _catalog, _reader, datasets);
        commits.Committed += retention.OnCommitted;
        _tender = new Tender(context, _catalog, datasets, retention, _dropper);
        _settings = new DatasetSettings(_heads, _publisher, datasets, _catalog);
    }

    /// <summary>The state of the connection.</summary>
    public ClientState State => _closed != 0 ? ClientState.Closed : (ClientState)_context.Coordinator.State;

    /// <summary>Tables of up to this many bytes are published inline.</summary>
    public long InlineMax
    {
        get => Interlocked.Read(ref _inlineMax);
        set => Interlocked.Exchange(ref _inlineMax, ZkArrowOptions.ValidInlineMax(value));
    }

    /// <summary>Opens a client and waits until it is connected.</summary>
    /// <param name="url"><c>zk://host:port,host:port/chroot</c>, or <c>local:/path</c> for the embedded coordinator of this host; the chroot or folder is made when it does not exist.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="ZkArrowException">InvalidArgument, Unavailable, Unauthenticated, PermissionDenied, Unsupported.</exception>
    public static ValueTask<ZkArrowClient> ConnectAsync(string url, ZkArrowOptions? options = null, CancellationToken cancellationToken = default) =>
        ConnectAsync(url, options, (options ?? new ZkArrowOptions()).OperationTimeout, cancellationToken);

    /// <summary>Makes a batch the next version of a dataset, atomically; makes the dataset when it does not exist.</summary>
    /// <param name="name">The dataset.</param>
    /// <param name="batch">The table; copied once into shared memory, and still the caller's afterwards.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <param name="cancellationToken">Stops the waiting; what was sent may be applied all the same.</param>
    /// <returns>What was published.</returns>
    /// <exception cref="ZkArrowException">AlreadyExists, NotFound, Conflict (naming the winner), NotOwner, SchemaMismatch, NoSpace, TooLarge, Unavailable, Unsupported.</exception>
    public async ValueTask<DatasetVersion> PublishAsync(string name, RecordBatch batch, PublishOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(batch);
        using ArrowTable table = BatchImport.From(batch.Schema, [batch]);
        return await PublishAsync(name, table, options, _options.OperationTimeout, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Makes all batches of a stream the next version of a dataset, atomically; makes the dataset when it does not exist.</summary>
    /// <param name="name">The dataset.</param>
    /// <param name="batches">The table; read to its end, copied once into shared memory. The caller disposes it.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <param name="cancellationToken">Stops the waiting; what was sent may be applied all the same.</param>
    /// <returns>What was published.</returns>
    /// <exception cref="ZkArrowException">AlreadyExists, NotFound, Conflict (naming the winner), NotOwner, SchemaMismatch, NoSpace, TooLarge, Unavailable, Unsupported.</exception>
    public async ValueTask<DatasetVersion> PublishAsync(string name, IArrowArrayStream batches, PublishOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(batches);
        using ArrowTable table = await BatchImport.FromAsync(batches, cancellationToken).ConfigureAwait(false);
        return await PublishAsync(name, table, options, _options.OperationTimeout, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Makes the head's rows and those of a batch behind them the next version, atomically; makes the dataset when it does not
    /// exist. Rows that are in shared memory already stay where they are: only the new ones are written.
    /// </summary>
    /// <param name="name">The dataset.</param>
    /// <param name="batch">The rows to add, of the head's schema; copied once into shared memory, and still the caller's afterwards.</param>
    /// <param name="options">Null for the defaults; an inline residency is refused.</param>
    /// <param name="cancellationToken">Stops the waiting; what was sent may be applied all the same.</param>
    /// <returns>The whole version that was made.</returns>
    /// <exception cref="ZkArrowException">As <see cref="PublishAsync(string, RecordBatch, PublishOptions?, CancellationToken)"/>; NotResident or DataLost when the head's rows had to be rewritten and are not in this host's memory.</exception>
    public async ValueTask<DatasetVersion> AppendAsync(string name, RecordBatch batch, PublishOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(batch);
        using ArrowTable rows = BatchImport.From(batch.Schema, [batch]);
        return await AppendAsync(name, rows, options, _options.OperationTimeout, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Makes the head's rows and those of a stream behind them the next version, atomically; makes the dataset when it does not
    /// exist. Rows that are in shared memory already stay where they are: only the new ones are written.
    /// </summary>
    /// <param name="name">The dataset.</param>
    /// <param name="batches">The rows to add, of the head's schema; read to the end, copied once into shared memory. The caller disposes it.</param>
    /// <param name="options">Null for the defaults; an inline residency is refused.</param>
    /// <param name="cancellationToken">Stops the waiting; what was sent may be applied all the same.</param>
    /// <returns>The whole version that was made.</returns>
    /// <exception cref="ZkArrowException">As <see cref="PublishAsync(string, IArrowArrayStream, PublishOptions?, CancellationToken)"/>; NotResident or DataLost when the head's rows had to be rewritten and are not in this host's memory.</exception>
    public async ValueTask<DatasetVersion> AppendAsync(string name, IArrowArrayStream batches, PublishOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(batches);
        using ArrowTable rows = await BatchImport.FromAsync(batches, cancellationToken).ConfigureAwait(false);
        return await AppendAsync(name, rows, options, _options.OperationTimeout, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Takes hold of a version. The caller disposes the table.</summary>
    /// <param name="name">The dataset.</param>
    /// <param name="options">Null for the head, from memory where it is current.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="ZkArrowException">NotFound, NotResident, DataLost, Corrupt, Timeout (while waiting), Unavailable.</exception>
    public ValueTask<ZkArrowTable> ReadAsync(string name, ReadOptions? options = null, CancellationToken cancellationToken = default) =>
        ReadAsync(name, options, _options.OperationTimeout, cancellationToken);

    /// <summary>What is known of a version, without touching its bytes.</summary>
    /// <param name="name">The dataset.</param>
    /// <param name="version">The version's number; 0 for the head.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="ZkArrowException">NotFound, Unavailable.</exception>
    public ValueTask<DatasetVersion> StatAsync(string name, long version = 0, CancellationToken cancellationToken = default) =>
        StatAsync(name, version, _options.OperationTimeout, cancellationToken);

    /// <summary>The datasets of the namespace with their heads, by name.</summary>
    /// <param name="prefix">Only names that begin with it; null for all.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="ZkArrowException">Unavailable.</exception>
    public ValueTask<IReadOnlyList<DatasetInfo>> ListAsync(string? prefix = null, CancellationToken cancellationToken = default) =>
        ListAsync(prefix, _options.OperationTimeout, cancellationToken);

    /// <summary>The versions of a dataset that can still be read, oldest first.</summary>
    /// <param name="name">The dataset.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="ZkArrowException">NotFound, Unavailable.</exception>
    public ValueTask<IReadOnlyList<DatasetVersion>> HistoryAsync(string name, CancellationToken cancellationToken = default) =>
        HistoryAsync(name, _options.OperationTimeout, cancellationToken);

    /// <summary>Drops one version, or the whole dataset. Tables that hold it stay valid; no new reader finds it.</summary>
    /// <param name="name">The dataset.</param>
    /// <param name="version">The version's number, which must not be the head's; 0 for the whole dataset.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="ZkArrowException">NotFound, Conflict (it is the head, or has a tag), NotOwner, Unavailable.</exception>
    public ValueTask DropAsync(string name, long version = 0, CancellationToken cancellationToken = default) =>
        DropAsync(name, version, _options.OperationTimeout, cancellationToken);

    /// <summary>Every version of a dataset after a given one, in order, each once, until the token fires. The dataset need not exist yet.</summary>
    /// <param name="name">The dataset.</param>
    /// <param name="after">The last version already seen; 0 from the first that can still be read.</param>
    /// <param name="cancellationToken">Ends the enumeration.</param>
    /// <exception cref="ZkArrowException">NotFound when the dataset is dropped.</exception>
    public async IAsyncEnumerable<DatasetVersion> SubscribeAsync(
        string name, long after = 0, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using DatasetSubscription subscription = Subscribe(name, after);
        while (true)
            yield return (await subscription.NextAsync(Timeout.InfiniteTimeSpan, cancellationToken).ConfigureAwait(false)).Version;
    }

    /// <summary>
    /// Removes segments that no version names, as crashed publishers leave them. Every client does so in the background
    /// when it is opened.
    /// </summary>
    /// <param name="grace">Younger ones are left alone, for a publisher that is about to commit them.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>How many were removed.</returns>
    /// <exception cref="ZkArrowException">Unavailable.</exception>
    public ValueTask<int> SweepAsync(TimeSpan grace, CancellationToken cancellationToken = default) =>
        SweepAsync(grace, _options.OperationTimeout, cancellationToken);

    /// <summary>Closes the client and ends its session. Tables read through it stay valid. Doing it twice is fine.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _closed, 1) != 0)
            return;
        await ReleaseOwnedAsync().ConfigureAwait(false);
        await _context.Closing.CancelAsync().ConfigureAwait(false);
        _heads.Dispose();
        _context.Kept.Dispose();
        await _context.Coordinator.DisposeAsync().ConfigureAwait(false);
        await _context.Places.CloseAsync().ConfigureAwait(false);
    }
}
