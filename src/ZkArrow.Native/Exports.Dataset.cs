using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ZkArrow.ArrowC;

namespace ZkArrow.Native;

/// <summary>The dataset group of <c>zkarrow.h</c>.</summary>
internal static unsafe class DatasetExports
{
    [UnmanagedCallersOnly(EntryPoint = "zka_dataset_publish", CallConvs = [typeof(CallConvCdecl)])]
    internal static int Publish(
        nint client, byte* name, ArrowArrayStream* stream, ZkaPublishOptions* options, long timeoutMs, nint cancel, ZkaVersionInfo* version, ZkaError* error)
    {
        Output.ClearSized(version);
        if (!Guard.Enter(error, out int status))
            return status;
        try
        {
            Commit(client, name, stream, options, timeoutMs, cancel, version, appends: false);
            return Guard.Ok;
        }
        catch (Exception e)
        {
            return Guard.Fail(e, error);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "zka_dataset_append", CallConvs = [typeof(CallConvCdecl)])]
    internal static int Append(
        nint client, byte* name, ArrowArrayStream* stream, ZkaPublishOptions* options, long timeoutMs, nint cancel, ZkaVersionInfo* version, ZkaError* error)
    {
        Output.ClearSized(version);
        if (!Guard.Enter(error, out int status))
            return status;
        try
        {
            Commit(client, name, stream, options, timeoutMs, cancel, version, appends: true);
            return Guard.Ok;
        }
        catch (Exception e)
        {
            return Guard.Fail(e, error);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "zka_dataset_read", CallConvs = [typeof(CallConvCdecl)])]
    internal static int Read(nint client, byte* name, ZkaReadOptions* options, long timeoutMs, nint cancel, nint* @out, ZkaError* error)
    {
        Output.Clear(@out);
        if (!Guard.Enter(error, out int status))
            return status;
        try
        {
            Argument.NotNull(@out);
            ZkArrowTable table = Wait.For(Handles.Get<ZkArrowClient>(client).ReadAsync(
                Argument.Text(name), Options.Read(options), Argument.Timeout(timeoutMs), Argument.Cancel(cancel)));
            *@out = Handles.Open(table);
            return Guard.Ok;
        }
        catch (Exception e)
        {
            return Guard.Fail(e, error);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "zka_dataset_stat", CallConvs = [typeof(CallConvCdecl)])]
    internal static int Stat(nint client, byte* name, ulong version, long timeoutMs, nint cancel, ZkaVersionInfo* @out, ZkaError* error)
    {
        Output.ClearSized(@out);
        if (!Guard.Enter(error, out int status))
            return status;
        try
        {
            Argument.Sized(@out);
            Output.Write(@out, Wait.For(Handles.Get<ZkArrowClient>(client).StatAsync(
                Argument.Text(name), Argument.Version(version), Argument.Timeout(timeoutMs), Argument.Cancel(cancel))));
            return Guard.Ok;
        }
        catch (Exception e)
        {
            return Guard.Fail(e, error);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "zka_dataset_list", CallConvs = [typeof(CallConvCdecl)])]
    internal static int List(nint client, byte* prefix, long timeoutMs, nint cancel, ArrowArrayStream* @out, ZkaError* error)
    {
        Output.Clear(@out);
        if (!Guard.Enter(error, out int status))
            return status;
        try
        {
            Argument.NotNull(@out);
            Output.Move(ListTables.Datasets(Wait.For(Handles.Get<ZkArrowClient>(client).ListAsync(
                Argument.OptionalText(prefix), Argument.Timeout(timeoutMs), Argument.Cancel(cancel)))), @out);
            return Guard.Ok;
        }
        catch (Exception e)
        {
            return Guard.Fail(e, error);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "zka_dataset_history", CallConvs = [typeof(CallConvCdecl)])]
    internal static int History(nint client, byte* name, long timeoutMs, nint cancel, ArrowArrayStream* @out, ZkaError* error)
    {
        Output.Clear(@out);
        if (!Guard.Enter(error, out int status))
            return status;
        try
        {
            Argument.NotNull(@out);
            Output.Move(ListTables.Versions(Wait.For(Handles.Get<ZkArrowClient>(client).HistoryAsync(
                Argument.Text(name), Argument.Timeout(timeoutMs), Argument.Cancel(cancel)))), @out);
            return Guard.Ok;
        }
        catch (Exception e)
        {
            return Guard.Fail(e, error);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "zka_dataset_drop", CallConvs = [typeof(CallConvCdecl)])]
    internal static int Drop(nint client, byte* name, ulong version, long timeoutMs, nint cancel, ZkaError* error)
    {
        if (!Guard.Enter(error, out int status))
            return status;
        try
        {
            Wait.For(Handles.Get<ZkArrowClient>(client).DropAsync(
                Argument.Text(name), Argument.Version(version), Argument.Timeout(timeoutMs), Argument.Cancel(cancel)));
            return Guard.Ok;
        }
        catch (Exception e)
        {
            return Guard.Fail(e, error);
        }
    }

    private static void Commit(nint client, byte* name, ArrowArrayStream* stream, ZkaPublishOptions* options, long timeoutMs, nint cancel, ZkaVersionInfo* version, bool appends)
    {
        ZkArrowClient target = Handles.Get<ZkArrowClient>(client);
        if (version != null)
            Argument.Sized(version);
        string text = Argument.Text(name);
        PublishOptions? how = Options.Read(options);
        TimeSpan timeout = Argument.Timeout(timeoutMs);
        CancellationToken token = Argument.Cancel(cancel);
        using ArrowTable table = BorrowedStream.Read(Argument.NotNull(stream));
        DatasetVersion made = Wait.For(appends
            ? target.AppendAsync(text, table, how, timeout, token)
            : target.PublishAsync(text, table, how, timeout, token));
        BorrowedStream.Consume(stream);
        if (version != null)
            Output.Write(version, made);
    }
}
