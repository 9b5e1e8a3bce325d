using Apache.Arrow;
using Apache.Arrow.C;
using Apache.Arrow.Ipc;
using ZkArrow.ArrowC;

namespace ZkArrow.Sql;

/// <summary>
/// The answer of a query, made as it is read: batches of at most 2,048 rows. It holds the versions it reads until it is disposed;
/// the batches are its reader's. One reader at a time.
/// </summary>
public sealed class ZkArrowQuery : IArrowArrayStream
{
    private readonly QueryRun _run;

    internal unsafe ZkArrowQuery(QueryRun run, IReadOnlyDictionary<string, DatasetVersion> versions)
    {
        _run = run;
        Versions = versions;
        ArrowSchema exported;
        run.ExportSchema(&exported);
        Schema = CArrowSchemaImporter.ImportSchema((CArrowSchema*)&exported);
    }

    /// <summary>The columns, under the names the statement gives them.</summary>
    public Schema Schema { get; }

    /// <summary>The version of each table, by the name the statement has for it: one consistent cut.</summary>
    public IReadOnlyDictionary<string, DatasetVersion> Versions { get; }

    /// <summary>The next batch, or null at the end. The caller disposes it.</summary>
    /// <param name="cancellationToken">Ends the query: it cannot be read on.</param>
    /// <exception cref="ZkArrowException">InvalidArgument (a value could not be converted, …), TooLarge, Corrupt.</exception>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    public async ValueTask<RecordBatch> ReadNextRecordBatchAsync(CancellationToken cancellationToken = default)
    {
        using CancellationTokenRegistration stopping = cancellationToken.Register(_run.Stop);
        try
        {
            // DuckDB works on the thread that asks
            return await Task.Run(Next, CancellationToken.None).ConfigureAwait(false);
        }
        catch (ZkArrowException e) when (e.Status == ZkArrowStatus.Cancelled)
        {
            throw new OperationCanceledException(e.Message, e, cancellationToken);
        }
    }

    /// <summary>Ends the query and lets go of its versions. Batches that were read stay valid.</summary>
    public void Dispose() => _run.Dispose();

    private unsafe RecordBatch Next()
    {
        ArrowArray array;
        return _run.Next(&array) ? CArrowArrayImporter.ImportRecordBatch((CArrowArray*)&array, Schema) : null!;
    }
}
