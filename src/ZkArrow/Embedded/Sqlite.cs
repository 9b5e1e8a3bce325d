using System.Runtime.InteropServices;

namespace ZkArrow.Embedded;

/// <summary>
/// The few calls of SQLite that a tree needs. <c>e_sqlite3</c> is the file of the SourceGear.sqlite3 package beside a .NET
/// application, and is linked into <c>libzkarrow.so</c> and the command.
/// </summary>
internal static unsafe partial class Sqlite
{
    internal const int OK = 0, PERM = 3, BUSY = 5, NOMEM = 7, READONLY = 8, IOERR = 10, CORRUPT = 11, FULL = 13, CANTOPEN = 14;
    internal const int TOOBIG = 18, NOTADB = 26, ROW = 100, DONE = 101;
    internal const int IOERR_SHORT_READ = IOERR | (2 << 8), IOERR_CORRUPTFS = IOERR | (33 << 8), READONLY_DBMOVED = READONLY | (4 << 8);

    internal const int OPEN_READWRITE = 2, OPEN_CREATE = 4, OPEN_NOMUTEX = 0x8000, OPEN_EXRESCODE = 0x2000000;
    internal const uint PREPARE_PERSISTENT = 1;

    /// <summary>Tells a bind to copy what it is given.</summary>
    internal static readonly nint Transient = -1;

    private const string Name = "e_sqlite3";

    [LibraryImport(Name, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int sqlite3_open_v2(string path, out nint database, int flags, nint vfs);

    [LibraryImport(Name)]
    internal static partial int sqlite3_close_v2(nint database);

    [LibraryImport(Name)]
    internal static partial int sqlite3_prepare_v3(nint database, byte* sql, int bytes, uint flags, out nint statement, nint tail);

    [LibraryImport(Name)]
    internal static partial int sqlite3_step(nint statement);

    [LibraryImport(Name)]
    internal static partial int sqlite3_reset(nint statement);

    [LibraryImport(Name)]
    internal static partial int sqlite3_finalize(nint statement);

    [LibraryImport(Name)]
    internal static partial int sqlite3_bind_text(nint statement, int index, byte* text, int bytes, nint destructor);

    [LibraryImport(Name)]
    internal static partial int sqlite3_bind_blob(nint statement, int index, byte* data, int bytes, nint destructor);

    [LibraryImport(Name)]
    internal static partial int sqlite3_bind_int64(nint statement, int index, long value);

    [LibraryImport(Name)]
    internal static partial long sqlite3_column_int64(nint statement, int column);

    [LibraryImport(Name)]
    internal static partial byte* sqlite3_column_blob(nint statement, int column);

    [LibraryImport(Name)]
    internal static partial int sqlite3_column_bytes(nint statement, int column);

    [LibraryImport(Name)]
    internal static partial byte* sqlite3_errmsg(nint database);

    [LibraryImport(Name)]
    internal static partial int sqlite3_system_errno(nint database);

    [LibraryImport(Name)]
    internal static partial int sqlite3_get_autocommit(nint database);
}
