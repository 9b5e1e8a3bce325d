using ZkArrow.Segments;

namespace ZkArrow.Embedded;

/// <summary>SQLite refused: <paramref name="code"/> is its extended result code.</summary>
internal sealed class SqliteException(int code, int errno, string message) : Exception(message)
{
    /// <summary>Another process has the file locked just now; the same thing may be tried again.</summary>
    public bool IsBusy => Primary == Sqlite.BUSY;

    /// <summary>The medium failed: what was being committed may be found committed later.</summary>
    public bool IsFailure => Primary == Sqlite.IOERR;

    private int Primary => code & 0xFF;

    /// <summary>What a caller can act on.</summary>
    public (ZkArrowStatus Status, string Message) Explain(string file) => (Primary, errno) switch
    {
        (Sqlite.FULL, _) or (Sqlite.IOERR or Sqlite.CANTOPEN, Libc.ENOSPC or Libc.EDQUOT) =>
            (ZkArrowStatus.NoSpace, $"{file} could not grow, its file system is full: drop old versions or enlarge it"),
        (Sqlite.CORRUPT or Sqlite.NOTADB, _) =>
            (ZkArrowStatus.Corrupt, $"{file} was found damaged ({Message}): stop every process that uses its folder, then remove the folder or restore a copy of it"),
        _ when code is Sqlite.IOERR_SHORT_READ or Sqlite.IOERR_CORRUPTFS =>
            (ZkArrowStatus.Corrupt, $"{file} was found truncated: stop every process that uses its folder, then remove the folder or restore a copy of it"),
        _ when code == Sqlite.READONLY_DBMOVED => (ZkArrowStatus.DataLost, $"{file} was removed under this process: open the client again"),
        (Sqlite.PERM or Sqlite.READONLY, _) or (Sqlite.CANTOPEN, Libc.EACCES or Libc.EPERM or Libc.EROFS) =>
            (ZkArrowStatus.PermissionDenied, $"{file} cannot be written by this process: run as the owner of its folder, or give another one"),
        (Sqlite.CANTOPEN, Libc.ENOENT) => (ZkArrowStatus.DataLost, $"{file} was removed under this process: open the client again"),
        (Sqlite.CANTOPEN, Libc.EMFILE or Libc.ENFILE) => (ZkArrowStatus.TooLarge, $"{file} could not be opened: raise the limit of open files (ulimit -n)"),
        (Sqlite.NOMEM, _) => (ZkArrowStatus.NoSpace, $"{file} could not be used for lack of memory: free some"),
        (Sqlite.TOOBIG, _) => (ZkArrowStatus.TooLarge, "a record was larger than the embedded coordinator can keep: publish it with host residency"),
        _ => (ZkArrowStatus.Internal, $"{file} failed with “{Message}” (SQLite code {code}, errno {errno}): report it with this message"),
    };
}
