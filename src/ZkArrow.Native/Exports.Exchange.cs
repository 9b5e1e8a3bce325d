using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ZkArrow.ArrowC;
using ZkArrow.Datasets;

namespace ZkArrow.Native;

/// <summary>The exchange group of <c>zkarrow.h</c>.</summary>
internal static unsafe class ExchangeExports
{
    [UnmanagedCallersOnly(EntryPoint = "zka_exchange_put", CallConvs = [typeof(CallConvCdecl)])]
    internal static int Put(byte* name, ArrowArrayStream* stream, ZkaError* error)
    {
        if (!Guard.Enter(error, out int status))
            return status;
        ArrowTable? table = null;
        try
        {
            string text = Exchange.CheckName(Argument.Text(name));
            table = BorrowedStream.Read(Argument.NotNull(stream));
            Exchange.Put(text, table);
            BorrowedStream.Consume(stream);
            return Guard.Ok;
        }
        catch (Exception e)
        {
            table?.Release();
            return Guard.Fail(e, error);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "zka_exchange_get", CallConvs = [typeof(CallConvCdecl)])]
    internal static int Get(byte* name, ArrowArrayStream* @out, ZkaError* error)
    {
        Output.Clear(@out);
        if (!Guard.Enter(error, out int status))
            return status;
        try
        {
            Argument.NotNull(@out);
            Output.Move(Exchange.Get(Argument.Text(name)), @out);
            return Guard.Ok;
        }
        catch (Exception e)
        {
            return Guard.Fail(e, error);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "zka_exchange_remove", CallConvs = [typeof(CallConvCdecl)])]
    internal static int Remove(byte* name, ZkaError* error)
    {
        if (!Guard.Enter(error, out int status))
            return status;
        try
        {
            Exchange.Remove(Argument.Text(name));
            return Guard.Ok;
        }
        catch (Exception e)
        {
            return Guard.Fail(e, error);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "zka_echo_stream", CallConvs = [typeof(CallConvCdecl)])]
    internal static int Echo(ArrowArrayStream* stream, ArrowArrayStream* @out, ZkaError* error)
    {
        // zeroing the output would lose the input when they are one
        if (@out != stream)
            Output.Clear(@out);
        if (!Guard.Enter(error, out int status))
            return status;
        try
        {
            if (@out == stream && stream != null)
                throw Argument.Refused("out", "was the stream itself; pass another struct");
            Argument.NotNull(@out);
            Output.Move(BorrowedStream.Read(Argument.NotNull(stream)), @out);
            BorrowedStream.Consume(stream);
            return Guard.Ok;
        }
        catch (Exception e)
        {
            return Guard.Fail(e, error);
        }
    }
}
