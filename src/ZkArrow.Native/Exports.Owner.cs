using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ZkArrow.Native;

/// <summary>The owner group of <c>zkarrow.h</c>.</summary>
internal static unsafe class OwnerExports
{
    [UnmanagedCallersOnly(EntryPoint = "zka_owner_acquire", CallConvs = [typeof(CallConvCdecl)])]
    internal static int Acquire(nint client, byte* name, ZkaOwnerOptions* options, long timeoutMs, nint cancel, nint* @out, ZkaError* error)
    {
        Output.Clear(@out);
        if (!Guard.Enter(error, out int status))
            return status;
        try
        {
            Argument.NotNull(@out);
            ZkArrowOwner owner = Wait.For(Handles.Get<ZkArrowClient>(client).AcquireOwnershipAsync(
                Argument.Text(name), Options.TakesOver(options), Argument.Timeout(timeoutMs), Argument.Cancel(cancel)));
            *@out = Handles.Open(owner);
            return Guard.Ok;
        }
        catch (Exception e)
        {
            return Guard.Fail(e, error);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "zka_owner_epoch", CallConvs = [typeof(CallConvCdecl)])]
    internal static int Epoch(nint owner, ulong* @out, ZkaError* error)
    {
        Output.Clear(@out);
        if (!Guard.Enter(error, out int status))
            return status;
        try
        {
            *Argument.NotNull(@out) = (ulong)Handles.Get<ZkArrowOwner>(owner).Epoch;
            return Guard.Ok;
        }
        catch (Exception e)
        {
            return Guard.Fail(e, error);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "zka_owner_state", CallConvs = [typeof(CallConvCdecl)])]
    internal static int State(nint owner, int* @out, ZkaError* error)
    {
        Output.Clear(@out);
        if (!Guard.Enter(error, out int status))
            return status;
        try
        {
            *Argument.NotNull(@out) = (int)Handles.Get<ZkArrowOwner>(owner).State;
            return Guard.Ok;
        }
        catch (Exception e)
        {
            return Guard.Fail(e, error);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "zka_owner_wait", CallConvs = [typeof(CallConvCdecl)])]
    internal static int WaitForChange(nint owner, int from, long timeoutMs, nint cancel, int* @out, ZkaError* error)
    {
        Output.Clear(@out);
        if (!Guard.Enter(error, out int status))
            return status;
        try
        {
            Argument.NotNull(@out);
            *@out = (int)Wait.For(Handles.Get<ZkArrowOwner>(owner).WaitForChangeAsync(
                (OwnerState)from, Argument.Timeout(timeoutMs), Argument.Cancel(cancel)));
            return Guard.Ok;
        }
        catch (Exception e)
        {
            return Guard.Fail(e, error);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "zka_owner_release", CallConvs = [typeof(CallConvCdecl)])]
    internal static int Release(nint owner, long timeoutMs, nint cancel, ZkaError* error)
    {
        if (!Guard.Enter(error, out int status))
            return status;
        try
        {
            Wait.For(Handles.Get<ZkArrowOwner>(owner).ReleaseAsync(Argument.Timeout(timeoutMs), Argument.Cancel(cancel)));
            return Guard.Ok;
        }
        catch (Exception e)
        {
            return Guard.Fail(e, error);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "zka_owner_close", CallConvs = [typeof(CallConvCdecl)])]
    internal static int Close(nint owner)
    {
        if (!Guard.Enter(null, out int status))
            return status;
        try
        {
            if (Handles.Close<ZkArrowOwner>(owner) is { } closed)
                Wait.For(closed.DisposeAsync());
            return Guard.Ok;
        }
        catch (Exception e)
        {
            return Guard.Fail(e, null);
        }
    }
}
