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
            TimeSpan timeout = Argument.Timeout(timeoutMs);
            CancellationToken cancelled = Argument.Cancel(cancel);
            using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(cancelled);
            end.CancelAfter(timeout);
            string text = Argument.Text(sql);
            try
            {
                (QueryRun run, _) = Wait.For(ZkArrowSqlExtensions.StartAsync(Handles.Get<ZkArrowClient>(client), text, Options.Read(options), end.Token));
                QueryStream.Write(run, @out, cancelled);
            }
            catch (OperationCanceledException) when (!cancelled.IsCancellationRequested)
            {
                throw new ZkArrowException(ZkArrowStatus.Timeout, $"the query had no answer within {timeoutMs} ms; ask for less, or give it longer");
            }

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
