using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ZkArrow.ArrowC;
using ZkArrow.Datasets;

namespace ZkArrow.Native;

/// <summary>The snapshot group of <c>zkarrow.h</c>.</summary>
internal static unsafe class SnapshotExports
{
    [UnmanagedCallersOnly(EntryPoint = "zka_snapshot_open", CallConvs = [typeof(CallConvCdecl)])]
    internal static int Open(nint client, byte** names, long nNames, ZkaSnapshotOptions* options, long timeoutMs, nint cancel, nint* @out, ZkaError* error)
    {
        Output.Clear(@out);
        if (!Guard.Enter(error, out int status))
            return status;
        try
        {
            Argument.NotNull(@out);
            ZkArrowSnapshot snapshot = Wait.For(Handles.Get<ZkArrowClient>(client).SnapshotAsync(
                Names(names, nNames), Options.Read(options), Argument.Timeout(timeoutMs), Argument.Cancel(cancel)));
            *@out = Handles.Open(snapshot);
            return Guard.Ok;
        }
        catch (Exception e)
        {
            return Guard.Fail(e, error);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "zka_snapshot_read", CallConvs = [typeof(CallConvCdecl)])]
    internal static int Read(nint snapshot, byte* name, nint* @out, ZkaError* error)
    {
        Output.Clear(@out);
        if (!Guard.Enter(error, out int status))
            return status;
        try
        {
            Argument.NotNull(@out);
            *@out = Handles.Open(Handles.Get<ZkArrowSnapshot>(snapshot).Read(Argument.Text(name)));
            return Guard.Ok;
        }
        catch (Exception e)
        {
            return Guard.Fail(e, error);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "zka_snapshot_version", CallConvs = [typeof(CallConvCdecl)])]
    internal static int Version(nint snapshot, byte* name, ZkaVersionInfo* @out, ZkaError* error)
    {
        Output.ClearSized(@out);
        if (!Guard.Enter(error, out int status))
            return status;
        try
        {
            Argument.Sized(@out);
            Output.Write(@out, Handles.Get<ZkArrowSnapshot>(snapshot).VersionOf(Argument.Text(name)));
            return Guard.Ok;
        }
        catch (Exception e)
        {
            return Guard.Fail(e, error);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "zka_snapshot_versions", CallConvs = [typeof(CallConvCdecl)])]
    internal static int Versions(nint snapshot, ArrowArrayStream* @out, ZkaError* error)
    {
        Output.Clear(@out);
        if (!Guard.Enter(error, out int status))
            return status;
        try
        {
            Argument.NotNull(@out);
            Output.Move(ListTables.Cut(Handles.Get<ZkArrowSnapshot>(snapshot).Versions), @out);
            return Guard.Ok;
        }
        catch (Exception e)
        {
            return Guard.Fail(e, error);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "zka_snapshot_commit_number", CallConvs = [typeof(CallConvCdecl)])]
    internal static int CommitNumber(nint snapshot, long* @out, ZkaError* error)
    {
        Output.Clear(@out);
        if (!Guard.Enter(error, out int status))
            return status;
        try
        {
            *Argument.NotNull(@out) = Handles.Get<ZkArrowSnapshot>(snapshot).CommitNumber;
            return Guard.Ok;
        }
        catch (Exception e)
        {
            return Guard.Fail(e, error);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "zka_snapshot_close", CallConvs = [typeof(CallConvCdecl)])]
    internal static int Close(nint snapshot)
    {
        if (!Guard.Enter(null, out int status))
            return status;
        try
        {
            Handles.Close<ZkArrowSnapshot>(snapshot)?.Dispose();
            return Guard.Ok;
        }
        catch (Exception e)
        {
            return Guard.Fail(e, null);
        }
    }

    private static string[]? Names(byte** names, long count)
    {
        if (count < 0)
            throw Argument.Refused("n_names", $"was {count}; it must not be negative");
        if (names == null)
            return count == 0 ? null : throw Argument.Refused(nameof(names), $"was NULL with {count} names; give them, or 0 for all");
        if (count > SnapshotOpener.MaxDatasets)
            throw SnapshotOpener.TooMany(count);
        string[] texts = new string[count];
        for (int i = 0; i < texts.Length; i++)
            texts[i] = Argument.Text(names[i], "names");
        return texts;
    }
}
