using System.Runtime.InteropServices;
using ZkArrow.ArrowC;
using ZkArrow.Sql.DuckDb;
using static ZkArrow.Sql.DuckDb.DuckDbApi;

namespace ZkArrow.Sql;

/// <summary>
/// A statement that runs: it holds its datasets, and makes its answer piece by piece as it is asked for. One thread at a time,
/// but for <see cref="Stop"/>.
/// </summary>
internal sealed unsafe class QueryRun : IDisposable
{
    private const int Select = 1;
    private const int Explain = 4;
    private readonly SqlDatabase _database;
    private readonly IReadOnlyList<ScanSource> _sources;
    private readonly Lock _using = new(), _stopping = new();
    private nint _statement, _arrowOptions;
    private DuckDbResult* _result;
    private bool _ended, _isSound;
    private volatile bool _stopped;

    private QueryRun(SqlDatabase database, IReadOnlyList<ScanSource> sources, nint statement) =>
        (_database, _sources, _statement) = (database, sources, statement);

    /// <summary>Takes over the database, the tables and the prepared statement, also when it fails.</summary>
    public static QueryRun Start(SqlDatabase database, IReadOnlyList<ScanSource> sources, nint statement, CancellationToken cancellationToken)
    {
        QueryRun run = new(database, sources, statement);
        using CancellationTokenRegistration stopping = cancellationToken.Register(run.Stop);
        try
        {
            run.Execute();
            return run;
        }
        catch
        {
            run.Dispose();
            cancellationToken.ThrowIfCancellationRequested();
            throw;
        }
    }

    /// <summary>The columns of the answer.</summary>
    public void ExportSchema(ArrowSchema* target)
    {
        lock (_using)
        {
            ThrowIfEnded();
            int count = (int)ColumnCount(_result);
            nint[] types = new nint[count];
            nint[] names = new nint[count];
            try
            {
                for (int i = 0; i < count; i++)
                {
                    types[i] = ColumnLogicalType(_result, (ulong)i);
                    names[i] = (nint)ColumnName(_result, (ulong)i);
                }

                fixed (nint* type = types, name = names)
                    DuckDbFailure.ThrowIf(ToArrowSchema(_arrowOptions, type, (byte**)name, (ulong)count, target), "the answer has a type that Arrow does not know");
            }
            finally
            {
                for (int i = 0; i < count; i++)
                {
                    nint type = types[i];
                    DestroyLogicalType(&type);
                }
            }
        }
    }

    /// <summary>The next rows; false at the end.</summary>
    public bool Next(ArrowArray* target)
    {
        *target = default;
        lock (_using)
        {
            ThrowIfEnded();
            nint chunk = FetchChunk(*_result);
            if (chunk == 0)
            {
                string error = Utf8.Read(ResultError(_result));
                ThrowIfStopped();
                _isSound = error.Length == 0;
                return _isSound ? false : throw _database.FailureOf(error);
            }

            try
            {
                DuckDbFailure.ThrowIf(DataChunkToArrow(_arrowOptions, chunk, target), "the answer could not be made Arrow");
            }
            finally
            {
                DestroyDataChunk(&chunk);
            }
        }

        // the bytes may have been taken away while they were read
        try
        {
            foreach (ScanSource source in _sources)
                source.Data.ThrowIfDamaged();
            return true;
        }
        catch
        {
            target->Release(target);
            throw;
        }
    }

    /// <summary>Makes what runs, and all later calls, end as cancelled; once it has ended, nothing: its database serves others then.</summary>
    public void Stop()
    {
        lock (_stopping)
        {
            if (_ended)
                return;
            _stopped = true;
            _database.Stop();
        }
    }

    /// <summary>Ends it. Rows that are being made are given up: nobody waits for them.</summary>
    public void Dispose()
    {
        if (!_using.TryEnter())
        {
            Stop();
            _using.Enter();
        }

        try
        {
            lock (_stopping)
            {
                if (_ended)
                    return;
                _ended = true;
            }

            if (_result != null)
                DestroyResult(_result);
            NativeMemory.Free(_result);
            fixed (nint* statement = &_statement, options = &_arrowOptions)
            {
                DestroyPrepare(statement);
                DestroyArrowOptions(options);
            }

            _database.Return(_isSound);
            foreach (ScanSource source in _sources)
                source.Table.Dispose();
        }
        finally
        {
            _using.Exit();
        }
    }

    private void Execute()
    {
        nint pending = 0;
        try
        {
            if (PreparedStatementType(_statement) is not (Select or Explain))
                throw new ZkArrowException(ZkArrowStatus.InvalidArgument, "the statement was not a query; only SELECT, and what asks likewise, is run");
            int state = PendingPreparedStreaming(_statement, &pending);
            ThrowIfStopped();
            _result = (DuckDbResult*)NativeMemory.AllocZeroed((nuint)sizeof(DuckDbResult));
            if (state != 0 || ExecutePending(pending, _result) != 0)
            {
                string error = Utf8.Read(state != 0 ? PendingError(pending) : ResultError(_result));
                ThrowIfStopped();
                throw _database.FailureOf(error);
            }

            fixed (nint* options = &_arrowOptions)
                ConnectionGetArrowOptions(_database.Connection, options);
        }
        finally
        {
            DestroyPending(&pending);
        }
    }

    private void ThrowIfStopped()
    {
        if (_stopped)
            throw new ZkArrowException(ZkArrowStatus.Cancelled, "the query was cancelled");
    }

    private void ThrowIfEnded()
    {
        ObjectDisposedException.ThrowIf(_ended, typeof(ZkArrowQuery));
        ThrowIfStopped();
    }
}
