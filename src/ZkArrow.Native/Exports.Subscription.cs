using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ZkArrow.Datasets;

namespace ZkArrow.Native;

/// <summary>The subscription group of <c>zkarrow.h</c>.</summary>
internal static unsafe class SubscriptionExports
{
    [UnmanagedCallersOnly(EntryPoint = "zka_subscription_open", CallConvs = [typeof(CallConvCdecl)])]
    internal static int Open(nint client, byte* name, ulong after, nint* @out, ZkaError* error)
    {
        Output.Clear(@out);
        if (!Guard.Enter(error, out int status))
            return status;
        try
        {
            Argument.NotNull(@out);
            *@out = Handles.Open(Handles.Get<ZkArrowClient>(client).Subscribe(Argument.Text(name), Argument.Version(after)));
            return Guard.Ok;
        }
        catch (Exception e)
        {
            return Guard.Fail(e, error);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "zka_subscription_next", CallConvs = [typeof(CallConvCdecl)])]
    internal static int Next(nint subscription, long timeoutMs, nint cancel, ZkaVersionInfo* @out, ulong* skipped, ZkaError* error)
    {
        Output.ClearSized(@out);
        Output.Clear(skipped);
        if (!Guard.Enter(error, out int status))
            return status;
        try
        {
            Argument.Sized(@out);
            SubscribedVersion next = Wait.For(Handles.Get<DatasetSubscription>(subscription).NextAsync(
                Argument.Timeout(timeoutMs), Argument.Cancel(cancel)));
            Output.Write(@out, next.Version);
            if (skipped != null)
                *skipped = (ulong)next.Skipped;
            return Guard.Ok;
        }
        catch (Exception e)
        {
            return Guard.Fail(e, error);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "zka_subscription_close", CallConvs = [typeof(CallConvCdecl)])]
    internal static int Close(nint subscription)
    {
        if (!Guard.Enter(null, out int status))
            return status;
        try
        {
            Handles.Close<DatasetSubscription>(subscription)?.Dispose();
            return Guard.Ok;
        }
        catch (Exception e)
        {
            return Guard.Fail(e, null);
        }
    }
}
