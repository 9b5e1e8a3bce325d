using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ZkArrow.ArrowC;

namespace ZkArrow.Native;

/// <summary>The table group of <c>zkarrow.h</c>.</summary>
internal static unsafe class TableExports
{
    [UnmanagedCallersOnly(EntryPoint = "zka_table_stream", CallConvs = [typeof(CallConvCdecl)])]
    internal static int Stream(nint table, ArrowArrayStream* @out, ZkaError* error)
    {
        Output.Clear(@out);
        if (!Guard.Enter(error, out int status))
            return status;
        try
        {
            Handles.Get<ZkArrowTable>(table).Data.Export(Argument.NotNull(@out));
            return Guard.Ok;
        }
        catch (Exception e)
        {
            return Guard.Fail(e, error);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "zka_table_schema", CallConvs = [typeof(CallConvCdecl)])]
    internal static int Schema(nint table, ArrowSchema* @out, ZkaError* error)
    {
        Output.Clear(@out);
        if (!Guard.Enter(error, out int status))
            return status;
        try
        {
            Handles.Get<ZkArrowTable>(table).Data.Schema.Export(Argument.NotNull(@out));
            return Guard.Ok;
        }
        catch (Exception e)
        {
            return Guard.Fail(e, error);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "zka_table_version", CallConvs = [typeof(CallConvCdecl)])]
    internal static int Version(nint table, ZkaVersionInfo* @out, ZkaError* error)
    {
        Output.ClearSized(@out);
        if (!Guard.Enter(error, out int status))
            return status;
        try
        {
            Output.Write(Argument.Sized(@out), Handles.Get<ZkArrowTable>(table).Version);
            return Guard.Ok;
        }
        catch (Exception e)
        {
            return Guard.Fail(e, error);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "zka_table_copy_reason", CallConvs = [typeof(CallConvCdecl)])]
    internal static int CopyReason(nint table, byte** @out, ZkaError* error)
    {
        Output.Clear(@out);
        if (!Guard.Enter(error, out int status))
            return status;
        try
        {
            Argument.NotNull(@out);
            if (Handles.Get<ZkArrowTable>(table).CopyReason is { } reason)
                *@out = StaticText.Of(reason);
            return Guard.Ok;
        }
        catch (Exception e)
        {
            return Guard.Fail(e, error);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "zka_table_close", CallConvs = [typeof(CallConvCdecl)])]
    internal static int Close(nint table)
    {
        if (!Guard.Enter(null, out int status))
            return status;
        try
        {
            Handles.Close<ZkArrowTable>(table)?.Dispose();
            return Guard.Ok;
        }
        catch (Exception e)
        {
            return Guard.Fail(e, null);
        }
    }
}
