using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ZkArrow.Sql.DuckDb;
using static ZkArrow.Sql.DuckDb.DuckDbApi;

namespace ZkArrow.Sql;

/// <summary>
/// An empty DuckDB database in memory, in which the names of a statement's datasets are tables. One statement at a time.
/// </summary>
/// <remarks>It has no access to files, extensions or other databases, and spills nothing: a query has its memory limit and no more.</remarks>
internal sealed unsafe class SqlDatabase : IDisposable
{
    private const int MostIdle = 2;
    private static readonly System.Collections.Concurrent.ConcurrentBag<SqlDatabase> Idle = [];
    private readonly bool _isDefault;
    private readonly GCHandle _self;
    private readonly Lock _interrupting = new();
    private readonly List<string> _missing = [];
    private nint _database, _connection, _converter;

    private SqlDatabase(QueryOptions options)
    {
        _isDefault = options.MemoryLimit == null && options.Threads == null;
        _self = GCHandle.Alloc(this, GCHandleType.Weak);
        try
        {
            Open(options);
            ScanFunction.Register(_connection, GCHandle.ToIntPtr(_self));
            AddReplacementScan(_database, &Replace, GCHandle.ToIntPtr(_self), 0);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Where the statement runs.</summary>
    public nint Connection => _connection;

    /// <summary>Where arrays are converted, beside the statement.</summary>
    public nint Converter => _converter;

    /// <summary>The tables of the statement.</summary>
    public IReadOnlyList<ScanSource> Sources { get; private set; } = [];

    /// <summary>What went wrong in a callback of ours: DuckDB would wrap its sentence.</summary>
    public ZkArrowException? Fault { get; private set; }

    /// <summary>One for a statement; to be given back.</summary>
    public static SqlDatabase Rent(QueryOptions options) =>
        options.MemoryLimit == null && options.Threads == null && Idle.TryTake(out SqlDatabase? idle) ? idle : new SqlDatabase(options);

    /// <summary>Gives it back once its statement is finished with. One in which something failed is not used again.</summary>
    public void Return(bool isSound)
    {
        Sources = [];
        if (isSound && _isDefault && Idle.Count < MostIdle)
            Idle.Add(this);
        else
            Dispose();
    }

    /// <summary>Keeps the failure of a callback, and gives its text for DuckDB.</summary>
    public Utf8 Note(Exception e)
    {
        Fault ??= e as ZkArrowException ?? new ZkArrowException(ZkArrowStatus.Internal, $"a scan failed: {e.Message}", e);
        return new Utf8(e.Message);
    }

    /// <summary>The failure of a callback, or else what DuckDB says.</summary>
    public ZkArrowException FailureOf(string message) => Fault ?? DuckDbFailure.Make(message);

    /// <summary>Stops the statement that runs; from any thread.</summary>
    public void Stop()
    {
        lock (_interrupting)
        {
            if (_connection != 0)
                Interrupt(_connection);
        }
    }

    /// <summary>
    /// The names of tables in a statement, without those that it defines itself. DuckDB cannot tell them of every statement: the rest
    /// comes out when it is prepared.
    /// </summary>
    public string[] TableNames(string sql)
    {
        using Utf8 text = new(sql);
        nint list = GetTableNames(_connection, text.Text, 0);
        if (list == 0)
            return [];
        string[] names = new string[GetListSize(list)];
        for (int i = 0; i < names.Length; i++)
        {
            nint name = GetListChild(list, (ulong)i);
            names[i] = Utf8.Take(GetVarchar(name));
            DestroyValue(&name);
        }

        DestroyValue(&list);
        return names;
    }

    /// <summary>Prepares a statement over these tables; 0, with their names, when it has more. The caller destroys it.</summary>
    public nint Prepare(string sql, IReadOnlyList<ScanSource> sources, out IReadOnlyList<string> missing)
    {
        (Sources, Fault) = (sources, null);
        _missing.Clear();
        missing = _missing;
        nint statement = 0;
        using Utf8 text = new(sql);
        if (DuckDbApi.Prepare(_connection, text.Text, &statement) == 0)
            return statement;
        string error = Utf8.Read(PrepareError(statement));
        DestroyPrepare(&statement);
        return _missing.Count > 0 ? 0 : throw FailureOf(error);
    }

    public void Dispose()
    {
        lock (_interrupting)
        {
            fixed (nint* converter = &_converter, connection = &_connection, database = &_database)
            {
                Disconnect(converter);
                Disconnect(connection);
                Close(database);
            }
        }

        if (_self.IsAllocated)
            _self.Free();
    }

    private void Open(QueryOptions options)
    {
        long memory = options.MemoryLimit ?? GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 4;
        int threads = options.Threads ?? Environment.ProcessorCount;
        nint config = 0;
        _ = CreateConfig(&config);
        try
        {
            foreach ((string name, string value) in (IEnumerable<(string, string)>)
            [
                ("memory_limit", $"{memory.ToString(CultureInfo.InvariantCulture)}B"),
                ("threads", threads.ToString(CultureInfo.InvariantCulture)),
                ("temp_directory", ""),
                ("enable_external_access", "false"),
                ("autoinstall_known_extensions", "false"),
                ("autoload_known_extensions", "false"),
                ("lock_configuration", "true"),
            ])
            {
                using Utf8 key = new(name);
                using Utf8 text = new(value);
                if (SetConfig(config, key.Text, text.Text) != 0)
                    throw new ZkArrowException(ZkArrowStatus.Unsupported, $"DuckDB refused {name} = '{value}'; SQL needs version 1.5 or later");
            }

            byte* error = null;
            fixed (nint* database = &_database, connection = &_connection, converter = &_converter)
            {
                if (OpenExt(null, database, config, &error) != 0)
                    throw DuckDbFailure.Make(Utf8.Take(error));
                if (Connect(_database, connection) != 0 || Connect(_database, converter) != 0)
                    throw new ZkArrowException(ZkArrowStatus.Internal, "DuckDB gave no connection to its own database");
            }
        }
        finally
        {
            DestroyConfig(&config);
        }
    }

    /// <summary>A table that DuckDB does not have: one of the statement's datasets, perhaps.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Replace(nint info, byte* tableName, nint self)
    {
        if (GCHandle.FromIntPtr(self).Target is not SqlDatabase database)
            return;
        string name = Utf8.Read(tableName);
        for (int i = 0; i < database.Sources.Count; i++)
        {
            if (database.Sources[i].Name != name)
                continue;
            using Utf8 function = new(ScanFunction.Name);
            ReplacementScanSetFunctionName(info, function.Text);
            nint number = CreateInt64(i);
            ReplacementScanAddParameter(info, number);
            DestroyValue(&number);
            return;
        }

        database._missing.Add(name);
    }
}
