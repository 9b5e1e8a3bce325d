using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ZkArrow.Native;

/// <summary>The cancel group of <c>zkarrow.h</c>.</summary>
internal static unsafe class CancelExports
{
    [UnmanagedCallersOnly(EntryPoint = "zka_cancel_create", CallConvs = [typeof(CallConvCdecl)])]
    internal static int Create(nint* @out, ZkaError* error)
    {
        Output.Clear(@out);
        if (!Guard.Enter(error, out int status))
            return status;
        try
        {
            *Argument.NotNull(@out) = Handles.Open(new CancellationTokenSource());
            return Guard.Ok;
        }
        catch (Exception e)
        {
            return Guard.Fail(e, error);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "zka_cancel_fire", CallConvs = [typeof(CallConvCdecl)])]
    internal static int Fire(nint cancel)
    {
        if (!Guard.Enter(null, out int status))
            return status;
        try
        {
            Handles.Get<CancellationTokenSource>(cancel).Cancel();
            return Guard.Ok;
        }
        catch (Exception e)
        {
            return Guard.Fail(e, null);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "zka_cancel_free", CallConvs = [typeof(CallConvCdecl)])]
    internal static void Free(nint cancel)
    {
        if (!Guard.Enter(null, out _))
            return;
        try
        {
            Handles.Close<CancellationTokenSource>(cancel)?.Dispose();
        }
        catch (ZkArrowException)
        {
            // freeing what is no cancel handle does nothing
        }
    }
}
