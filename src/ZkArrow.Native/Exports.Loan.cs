using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ZkArrow.ArrowC;

namespace ZkArrow.Native;

/// <summary>The loan group of <c>zkarrow.h</c>.</summary>
internal static unsafe class LoanExports
{
    /// <summary>Stands in var_bytes for none given.</summary>
    private const int NoBytesGiven = -1;

    [UnmanagedCallersOnly(EntryPoint = "zka_loan_open", CallConvs = [typeof(CallConvCdecl)])]
    internal static int Open(nint client, ArrowSchema* schema, long rows, ZkaLoanOptions* options, ArrowArray* writable, nint* @out, ZkaError* error)
    {
        Output.Clear(writable);
        Output.Clear(@out);
        if (!Guard.Enter(error, out int status))
            return status;
        ZkArrowLoan? loan = null;
        try
        {
            ZkArrowClient target = Handles.Get<ZkArrowClient>(client);
            Argument.NotNull(schema);
            Argument.NotNull(writable);
            Argument.NotNull(@out);
            ZkaLoanOptions given = options == null ? new ZkaLoanOptions { VarBytes = NoBytesGiven } : *Argument.Sized(options);
            Argument.Zero((int)given.Reserved, "reserved");
            loan = target.Loan(SchemaBox.FromC(schema), rows, given.VarBytes, Options.ColumnBytes(&given), given.AllocBytes);
            loan.Export(writable);
            *@out = Handles.Open(loan);
            return Guard.Ok;
        }
        catch (Exception e)
        {
            if (writable != null && writable->Release != null)
                writable->Release(writable);
            Output.Clear(writable);
            loan?.Dispose();
            return Guard.Fail(e, error);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "zka_loan_alloc", CallConvs = [typeof(CallConvCdecl)])]
    internal static int Alloc(nint loan, long bytes, nint* @out, ZkaError* error)
    {
        Output.Clear(@out);
        if (!Guard.Enter(error, out int status))
            return status;
        try
        {
            ZkArrowLoan target = Handles.Get<ZkArrowLoan>(loan);
            *Argument.NotNull(@out) = (nint)target.Take(bytes);
            return Guard.Ok;
        }
        catch (Exception e)
        {
            return Guard.Fail(e, error);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "zka_loan_publish", CallConvs = [typeof(CallConvCdecl)])]
    internal static int Publish(
        nint loan, byte* name, ArrowArray* batch, ZkaPublishOptions* options, long timeoutMs, nint cancel, ZkaVersionInfo* version, ZkaError* error)
    {
        Output.ClearSized(version);
        if (!Guard.Enter(error, out int status))
            return status;
        try
        {
            ZkArrowLoan target = Handles.Get<ZkArrowLoan>(loan);
            if (version != null)
                Argument.Sized(version);
            DatasetVersion published = Wait.For(target.PublishAsync(
                Argument.Text(name), Argument.NotNull(batch), Options.Read(options), Argument.Timeout(timeoutMs), Argument.Cancel(cancel)));
            if (version != null)
                Output.Write(version, published);
            return Guard.Ok;
        }
        catch (Exception e)
        {
            return Guard.Fail(e, error);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "zka_loan_close", CallConvs = [typeof(CallConvCdecl)])]
    internal static int Close(nint loan)
    {
        if (!Guard.Enter(null, out int status))
            return status;
        try
        {
            Handles.Close<ZkArrowLoan>(loan)?.Dispose();
            return Guard.Ok;
        }
        catch (Exception e)
        {
            return Guard.Fail(e, null);
        }
    }
}
