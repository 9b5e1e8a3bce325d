using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ZkArrow.ArrowC;
using ZkArrow.Sql;
using ZkArrow.Sql.DuckDb;

namespace ZkArrow.Native;

/// <summary>The SQL group of <c>zkarrow.h</c>.</summary>
internal static unsafe partial class SqlExports
{
    // the runtime looks for other libraries beside the host's executable, which is not where this one is
    static SqlExports() => DuckDbLibrary.OwnFolder = OwnFolder();

    [UnmanagedCallersOnly(EntryPoint = "zka_sql_query", CallConvs = [typeof(CallConvCdecl)])]
    internal static int Query(nint client, byte* sql, ZkaQueryOptions* options, long timeoutMs, nint cancel, ArrowArrayStream* @out, ZkaError* error)
    {
        Output.Clear(@out);
        if (!Guard.Enter(error, out int status))
            return status;
        try
        {
            Argument.NotNull(@out);
            CancellationToken cancelled = Argument.Cancel(cancel);
            (QueryRun run, _) = Wait.For(ZkArrowSqlExtensions.StartAsync(
                Handles.Get<ZkArrowClient>(client), Argument.Text(sql), Options.Read(options), Argument.Timeout(timeoutMs), cancelled));
            QueryStream.Write(run, @out, cancelled);
            return Guard.Ok;
        }
        catch (Exception e)
        {
            return Guard.Fail(e, error);
        }
    }

    /// <summary>The folder of this library, by the address of one of its functions; null when that cannot be told.</summary>
    private static string? OwnFolder()
    {
        delegate* unmanaged[Cdecl]<nint, byte*, ZkaQueryOptions*, long, nint, ArrowArrayStream*, ZkaError*, int> address = &Query;
        return dladdr((void*)address, out Symbol symbol) != 0 && symbol.FileName != null
            ? Path.GetDirectoryName(Marshal.PtrToStringUTF8((nint)symbol.FileName))
            : null;
    }

    [LibraryImport("libc")]
    private static partial int dladdr(void* address, out Symbol symbol);

    /// <summary><c>Dl_info</c>.</summary>
    private struct Symbol
    {
        public byte* FileName;
        public void* FileBase;
        public byte* Name;
        public void* Address;
    }
}
