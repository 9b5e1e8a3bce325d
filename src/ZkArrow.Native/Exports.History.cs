using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ZkArrow.ArrowC;

namespace ZkArrow.Native;

/// <summary>The history group of <c>zkarrow.h</c>.</summary>
internal static unsafe class HistoryExports
{
    [UnmanagedCallersOnly(EntryPoint = "zka_dataset_configure", CallConvs = [typeof(CallConvCdecl)])]
    internal static int Configure(nint client, byte* name, ZkaDatasetOptions* options, long timeoutMs, nint cancel, ZkaError* error)
    {
        if (!Guard.Enter(error, out int status))
            return status;
        try
        {
            Wait.For(Handles.Get<ZkArrowClient>(client).ConfigureAsync(
                Argument.Text(name), Options.Read(options), Argument.Timeout(timeoutMs), Argument.Cancel(cancel)));
            return Guard.Ok;
        }
        catch (Exception e)
        {
            return Guard.Fail(e, error);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "zka_dataset_describe", CallConvs = [typeof(CallConvCdecl)])]
    internal static int Describe(
        nint client, byte* name, long timeoutMs, nint cancel, ZkaDatasetDescription* @out, ArrowArrayStream* tags, ZkaError* error)
    {
        Output.ClearSized(@out);
        Output.Clear(tags);
        if (!Guard.Enter(error, out int status))
            return status;
        try
        {
            Argument.Sized(@out);
            DatasetDescription dataset = Wait.For(Handles.Get<ZkArrowClient>(client).DescribeAsync(
                Argument.Text(name), Argument.Timeout(timeoutMs), Argument.Cancel(cancel)));
            if (tags != null)
                Output.Move(ListTables.Tags(dataset.Tags), tags);
            Output.Write(@out, dataset);
            return Guard.Ok;
        }
        catch (Exception e)
        {
            return Guard.Fail(e, error);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "zka_dataset_tag", CallConvs = [typeof(CallConvCdecl)])]
    internal static int Tag(nint client, byte* name, ulong version, byte* tag, long timeoutMs, nint cancel, ZkaError* error)
    {
        if (!Guard.Enter(error, out int status))
            return status;
        try
        {
            Wait.For(Handles.Get<ZkArrowClient>(client).TagAsync(
                Argument.Text(name), Argument.Version(version), Argument.Text(tag), Argument.Timeout(timeoutMs), Argument.Cancel(cancel)));
            return Guard.Ok;
        }
        catch (Exception e)
        {
            return Guard.Fail(e, error);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "zka_dataset_untag", CallConvs = [typeof(CallConvCdecl)])]
    internal static int Untag(nint client, byte* name, byte* tag, long timeoutMs, nint cancel, ZkaError* error)
    {
        if (!Guard.Enter(error, out int status))
            return status;
        try
        {
            Wait.For(Handles.Get<ZkArrowClient>(client).UntagAsync(
                Argument.Text(name), Argument.Text(tag), Argument.Timeout(timeoutMs), Argument.Cancel(cancel)));
            return Guard.Ok;
        }
        catch (Exception e)
        {
            return Guard.Fail(e, error);
        }
    }
}
