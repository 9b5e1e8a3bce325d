using ZkArrow.ArrowC;
using ZkArrow.Datasets;
using ZkArrow.Ipc;
using ZkArrow.Loans;
using ZkArrow.Segments;

namespace ZkArrow;

/// <summary>
/// A batch under construction inside a segment: what is written into its columns is in shared memory already, so that
/// publishing copies nothing and costs the same whatever the size. From <see cref="ZkArrowClient.Loan(Apache.Arrow.Schema, long, LoanOptions)"/>.
/// </summary>
/// <remarks>
/// Its members are for one thread at a time; the columns may be filled by any number. Once published it is spent: what is written
/// into its columns afterwards is seen by this process alone. A publish that fails leaves the loan as it is, to be
/// published again, unless its outcome is unknown; do not write while it runs. Disposing it without publishing leaves nothing.
/// </remarks>
public sealed partial class ZkArrowLoan : IDisposable
{
    private readonly ZkArrowClient _client;
    private readonly SchemaBox _schema;
    private readonly LoanRegions _regions;
    private readonly LoanSource _source;
    private readonly ArrayBox _view;
    private readonly unsafe byte* _body;
    private readonly Lock _changing = new();
    private string? _spent;
    private bool _publishing;
    private bool _closed;

    /// <summary>Takes over the caller's reference on the schema, unless it throws.</summary>
    internal unsafe ZkArrowLoan(ZkArrowClient client, DataDirectory directory, SchemaBox schema, long rows, long varBytes, IReadOnlyList<long>? columnBytes, long allocateBytes)
    {
        _client = client;
        _schema = schema;
        LoanLayout layout = new(schema.Root, rows, varBytes, columnBytes);
        if (allocateBytes < 0)
            throw ArrowFailure.Invalid($"{allocateBytes} bytes to allocate were asked for; the number must not be negative");
        if (allocateBytes > ArrayCheck.MaxLength - layout.Bytes)
            throw ArrowFailure.TooLarge("The loan was over 2^56 bytes.");
        LoanFile file = new(schema, layout.Bytes + IpcFormat.Padded(allocateBytes));
        LoanMemory memory = LoanMemory.Create(directory, file.Length);
        _body = memory.Start + file.BodyStart;
        _regions = new LoanRegions(file.BodyLength);
        _source = new LoanSource(schema, memory, file, directory);
        ArrowArray batch = layout.Build(_body, _regions);
        try
        {
            _view = ArrayBox.Move(&batch, schema, memory);
        }
        catch
        {
            batch.Release(&batch);
            memory.Dispose();
            throw;
        }

        RowCount = rows;
    }

    /// <summary>Rows it has room for.</summary>
    public long RowCount { get; }

    /// <summary>Bytes of the segment that it becomes.</summary>
    public long Bytes => _source.Length;

    /// <summary>Makes the loan the next version of a dataset, atomically; makes the dataset when it does not exist.</summary>
    /// <param name="name">The dataset.</param>
    /// <param name="rows">The rows to publish, from the first on; null for all. The segment stays as long as it is.</param>
    /// <param name="options">Null for the defaults. A loan is never inline; with disk or process residency it is copied there once.</param>
    /// <param name="cancellationToken">Stops the waiting; what was sent may be applied all the same.</param>
    /// <returns>What was published.</returns>
    /// <exception cref="ZkArrowException">
    /// InvalidArgument (published already), Busy (being published), TooLarge (a column used more than the loan has for it), AlreadyExists, NotFound,
    /// Conflict (naming the winner), NotOwner, SchemaMismatch, Unavailable.
    /// </exception>
    public unsafe ValueTask<DatasetVersion> PublishAsync(string name, long? rows = null, PublishOptions? options = null, CancellationToken cancellationToken = default)
    {
        if (rows < 0 || rows > RowCount)
            throw new ZkArrowException(ZkArrowStatus.InvalidArgument, $"{rows} rows were to be published of a loan of {RowCount}; give 0 to {RowCount}");
        ArrowArray batch;
        lock (_changing)
        {
            ThrowUnlessOpen();
            batch = *_view.View;
        }

        batch.Length = rows ?? RowCount;
        return PublishAsync(name, &batch, options, _client.OperationTimeout, cancellationToken);
    }

    /// <summary>Gives up what was not published; spans of its columns must not be used any more. Doing it twice is fine.</summary>
    public void Dispose()
    {
        lock (_changing)
        {
            if (_closed)
                return;
            _closed = true;
            if (_publishing)
                return;
        }

        Free();
    }

    /// <summary>Writes the batch, with a life of its own.</summary>
    internal unsafe void Export(ArrowArray* target) => _view.Export(target);

    /// <summary>Publishes a batch whose buffers lie in the loan; it is looked at before this returns, and stays the caller's.</summary>
    internal unsafe ValueTask<DatasetVersion> PublishAsync(string name, ArrowArray* batch, PublishOptions? options, TimeSpan timeout, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(name);
        lock (_changing)
        {
            ThrowUnlessOpen();
            _publishing = true;
        }

        try
        {
            _source.Describe(batch, _regions);
        }
        catch
        {
            Leave(null);
            throw;
        }

        return CommitAsync(name, options, timeout, cancellationToken);
    }

    /// <summary>Bytes of the loan that are nobody's yet, from an address that is a multiple of 64.</summary>
    internal unsafe byte* Take(long bytes)
    {
        if (bytes < 0)
            throw new ZkArrowException(ZkArrowStatus.InvalidArgument, $"{bytes} bytes were asked for; the number must not be negative");
        lock (_changing)
        {
            ThrowUnlessOpen();
            return _body + _regions.Take(bytes);
        }
    }

    private async ValueTask<DatasetVersion> CommitAsync(string name, PublishOptions? options, TimeSpan timeout, CancellationToken cancellationToken)
    {
        string? spent = null;
        try
        {
            DatasetVersion version = await _client.PublishAsync(name, _source, options, timeout, cancellationToken).ConfigureAwait(false);
            spent = $"was published as version {version.Number} of '{name}'";
            return version;
        }
        catch when (_source.IsKept)
        {
            spent = "may have been published, its outcome is unknown";
            throw;
        }
        finally
        {
            Leave(spent);
        }
    }

    /// <summary>Ends a publish: the loan is spent, or as it was before.</summary>
    private void Leave(string? spent)
    {
        bool closed;
        lock (_changing)
        {
            if (spent == null && _source.IsComplete)
                spent = _source.Reopen();
            _spent = spent;
            _publishing = false;
            closed = _closed;
        }

        if (closed)
            Free();
    }

    private void Free()
    {
        try
        {
            _source.Abandon();
        }
        finally
        {
            _view.Release();
            _schema.Release();
        }
    }

    private void ThrowUnlessOpen()
    {
        ObjectDisposedException.ThrowIf(_closed, this);
        if (_publishing)
            throw new ZkArrowException(ZkArrowStatus.Busy, "the loan is being published; wait until that is decided");
        if (_spent != null)
            throw new ZkArrowException(ZkArrowStatus.InvalidArgument, $"the loan {_spent}; open another one");
    }
}
