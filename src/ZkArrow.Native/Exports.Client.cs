using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ZkArrow.Native;

/// <summary>The client group of <c>zkarrow.h</c>.</summary>
internal static unsafe class ClientExports
{
    [UnmanagedCallersOnly(EntryPoint = "zka_client_open", CallConvs = [typeof(CallConvCdecl)])]
    internal static int Open(byte* url, ZkaClientOptions* options, long timeoutMs, nint cancel, nint* @out, ZkaError* error)
    {
        Output.Clear(@out);
        if (!Guard.Enter(error, out int status))
            return status;
        try
        {
            Argument.NotNull(@out);
            ZkArrowClient client = Wait.For(ZkArrowClient.ConnectAsync(
                Argument.Text(url), Options.Read(options), Argument.Timeout(timeoutMs), Argument.Cancel(cancel)));
            *@out = Handles.Open(client);
            return Guard.Ok;
        }
        catch (Exception e)
        {
            return Guard.Fail(e, error);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "zka_client_close", CallConvs = [typeof(CallConvCdecl)])]
    internal static int Close(nint client)
    {
        if (!Guard.Enter(null, out int status))
            return status;
        try
        {
            if (Handles.Close<ZkArrowClient>(client) is { } closed)
                Wait.For(closed.DisposeAsync());
            return Guard.Ok;
        }
        catch (Exception e)
        {
            return Guard.Fail(e, null);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "zka_client_state", CallConvs = [typeof(CallConvCdecl)])]
    internal static int State(nint client, int* @out, ZkaError* error)
    {
        Output.Clear(@out);
        if (!Guard.Enter(error, out int status))
            return status;
        try
        {
            *Argument.NotNull(@out) = (int)Handles.Get<ZkArrowClient>(client).State;
            return Guard.Ok;
        }
        catch (Exception e)
        {
            return Guard.Fail(e, error);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "zka_client_set_option", CallConvs = [typeof(CallConvCdecl)])]
    internal static int SetOption(nint client, byte* key, byte* value, ZkaError* error)
    {
        if (!Guard.Enter(error, out int status))
            return status;
        try
        {
            ZkArrowClient target = Handles.Get<ZkArrowClient>(client);
            string option = Argument.Text(key);
            string text = Argument.Text(value);
            if (option != "inline_max")
                throw new ZkArrowException(ZkArrowStatus.NotFound, $"there is no option '{option}'; known is inline_max");
            target.InlineMax = long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long bytes)
                ? bytes
                : throw Argument.Refused(nameof(value), $"was '{text}'; inline_max takes a number of bytes");
            return Guard.Ok;
        }
        catch (Exception e)
        {
            return Guard.Fail(e, error);
        }
    }
}
