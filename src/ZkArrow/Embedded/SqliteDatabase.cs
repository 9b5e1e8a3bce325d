using System.Runtime.InteropServices;
using System.Text;

namespace ZkArrow.Embedded;

/// <summary>One connection to a database file, for one thread at a time.</summary>
internal sealed unsafe class SqliteDatabase : IDisposable
{
    private readonly Dictionary<string, SqliteStatement> _statements = [];
    private nint _handle;

    private SqliteDatabase(string path, nint handle) => (Path, _handle) = (path, handle);

    ~SqliteDatabase() => Close();

    public string Path { get; }

    public bool IsInTransaction => Sqlite.sqlite3_get_autocommit(_handle) == 0;

    /// <summary>Opens the file and makes it when it is missing.</summary>
    public static SqliteDatabase Open(string path)
    {
        const int Flags = Sqlite.OPEN_READWRITE | Sqlite.OPEN_CREATE | Sqlite.OPEN_NOMUTEX | Sqlite.OPEN_EXRESCODE;
        int code = Sqlite.sqlite3_open_v2(path, out nint handle, Flags, 0);
        SqliteDatabase database = new(path, handle);
        if (code == Sqlite.OK)
            return database;
        SqliteException error = database.Error(code);
        database.Dispose();
        throw error;
    }

    /// <summary>A prepared statement; the same one for the same text.</summary>
    public SqliteStatement.Use Use(string sql)
    {
        if (!_statements.TryGetValue(sql, out SqliteStatement? statement))
            _statements.Add(sql, statement = Prepare(sql));
        return statement.Begin();
    }

    public void Execute(string sql)
    {
        using SqliteStatement.Use use = Use(sql);
        use.Run();
    }

    public long Scalar(string sql)
    {
        using SqliteStatement.Use use = Use(sql);
        return use.Step() ? use.Int64(0) : 0;
    }

    public SqliteException Error(int code) => new(
        code, Sqlite.sqlite3_system_errno(_handle), Marshal.PtrToStringUTF8((nint)Sqlite.sqlite3_errmsg(_handle)) ?? "");

    public void Dispose()
    {
        foreach (SqliteStatement statement in _statements.Values)
            statement.Free();
        _statements.Clear();
        Close();
        GC.SuppressFinalize(this);
    }

    private SqliteStatement Prepare(string sql)
    {
        byte[] text = Encoding.UTF8.GetBytes(sql);
        fixed (byte* start = text)
        {
            int code = Sqlite.sqlite3_prepare_v3(_handle, start, text.Length, Sqlite.PREPARE_PERSISTENT, out nint statement, 0);
            return code == Sqlite.OK ? new SqliteStatement(this, statement) : throw Error(code);
        }
    }

    /// <summary>SQLite keeps what is still used of a connection until it is finished.</summary>
    private void Close()
    {
        nint handle = Interlocked.Exchange(ref _handle, 0);
        if (handle != 0)
            _ = Sqlite.sqlite3_close_v2(handle);
    }
}
