using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ZkArrow.ArrowC;

namespace ZkArrow.Native;

/// <summary>The transaction group of <c>zkarrow.h</c>.</summary>
internal static unsafe class TransactionExports
{
    [UnmanagedCallersOnly(EntryPoint = "zka_transaction_open", CallConvs = [typeof(CallConvCdecl)])]
    internal static int Open(nint client, nint* @out, ZkaError* error)
    {
        Output.Clear(@out);
        if (!Guard.Enter(error, out int status))
            return status;
        try
        {
            Argument.NotNull(@out);
            *@out = Handles.Open(Handles.Get<ZkArrowClient>(client).BeginTransaction());
            return Guard.Ok;
        }
        catch (Exception e)
        {
            return Guard.Fail(e, error);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "zka_transaction_publish", CallConvs = [typeof(CallConvCdecl)])]
    internal static int Publish(nint transaction, byte* name, ArrowArrayStream* stream, ZkaPublishOptions* options, long timeoutMs, nint cancel, ZkaError* error)
    {
        if (!Guard.Enter(error, out int status))
            return status;
        try
        {
            Stage(transaction, name, stream, options, timeoutMs, cancel, appends: false);
            return Guard.Ok;
        }
        catch (Exception e)
        {
            return Guard.Fail(e, error);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "zka_transaction_append", CallConvs = [typeof(CallConvCdecl)])]
    internal static int Append(nint transaction, byte* name, ArrowArrayStream* stream, ZkaPublishOptions* options, long timeoutMs, nint cancel, ZkaError* error)
    {
        if (!Guard.Enter(error, out int status))
            return status;
        try
        {
            Stage(transaction, name, stream, options, timeoutMs, cancel, appends: true);
            return Guard.Ok;
        }
        catch (Exception e)
        {
            return Guard.Fail(e, error);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "zka_transaction_commit", CallConvs = [typeof(CallConvCdecl)])]
    internal static int Commit(nint transaction, long timeoutMs, nint cancel, ZkaError* error)
    {
        if (!Guard.Enter(error, out int status))
            return status;
        try
        {
            Wait.For(Handles.Get<ZkArrowTransaction>(transaction).CommitAsync(Argument.Timeout(timeoutMs), Argument.Cancel(cancel)));
            return Guard.Ok;
        }
        catch (Exception e)
        {
            return Guard.Fail(e, error);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "zka_transaction_version", CallConvs = [typeof(CallConvCdecl)])]
    internal static int Version(nint transaction, byte* name, ZkaVersionInfo* @out, ZkaError* error)
    {
        Output.ClearSized(@out);
        if (!Guard.Enter(error, out int status))
            return status;
        try
        {
            Argument.Sized(@out);
            Output.Write(@out, Handles.Get<ZkArrowTransaction>(transaction).VersionOf(Argument.Text(name)));
            return Guard.Ok;
        }
        catch (Exception e)
        {
            return Guard.Fail(e, error);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "zka_transaction_close", CallConvs = [typeof(CallConvCdecl)])]
    internal static int Close(nint transaction)
    {
        if (!Guard.Enter(null, out int status))
            return status;
        try
        {
            Handles.Close<ZkArrowTransaction>(transaction)?.Dispose();
            return Guard.Ok;
        }
        catch (Exception e)
        {
            return Guard.Fail(e, null);
        }
    }

    private static void Stage(nint transaction, byte* name, ArrowArrayStream* stream, ZkaPublishOptions* options, long timeoutMs, nint cancel, bool appends)
    {
        ZkArrowTransaction target = Handles.Get<ZkArrowTransaction>(transaction);
        string text = Argument.Text(name);
        PublishOptions? how = Options.Read(options);
        TimeSpan timeout = Argument.Timeout(timeoutMs);
        CancellationToken token = Argument.Cancel(cancel);
        using ArrowTable table = BorrowedStream.Read(Argument.NotNull(stream));
        Wait.For(target.StageAsync(text, table, how, appends, timeout, token));
        BorrowedStream.Consume(stream);
    }
}
