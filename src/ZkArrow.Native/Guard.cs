namespace ZkArrow.Native;

/// <summary>The border of every export: what is refused before it runs, and what its exceptions become.</summary>
internal static unsafe class Guard
{
    public const int Ok = (int)ZkArrowStatus.Ok;

    /// <summary>Readies the error. False when the call must end at once with <paramref name="status"/>.</summary>
    public static bool Enter(ZkaError* error, out int status)
    {
        if (!ErrorWriter.Clear(error))
        {
            status = (int)ZkArrowStatus.InvalidArgument;
            return false;
        }

        status = Ok;
        if (!ForkGuard.IsChild)
            return true;
        status = (int)ZkArrowStatus.Forked;
        ErrorWriter.Write(error, status, "the process was forked after the library was used; start children with exec, or fork before the first call"u8);
        return false;
    }

    /// <summary>The one table from exceptions to statuses.</summary>
    public static int Fail(Exception exception, ZkaError* error)
    {
        try
        {
            return exception switch
            {
                ZkArrowException e => Report(error, e.Status, e.KeeperCode, Flags(e.IsRetryable, e.IsOutcomeUnknown), e.Message),
                ZkArrowCanceledException e => Report(error, ZkArrowStatus.Cancelled, 0, Flags(false, e.IsOutcomeUnknown), e.Message),
                OperationCanceledException => Report(error, ZkArrowStatus.Cancelled, 0, 0, "the call was cancelled"),
                ObjectDisposedException e => Report(error, ZkArrowStatus.InvalidHandle, 0, 0, Closed(e)),
                OutOfMemoryException => OutOfMemory(error),
                _ => Report(error, ZkArrowStatus.Internal, 0, 0, $"a defect in ZkArrow, please report it: {exception.GetType()}: {exception.Message}"),
            };
        }
        catch (OutOfMemoryException)
        {
            return OutOfMemory(error);
        }
    }

    private static int Report(ZkaError* error, ZkArrowStatus status, int keeperCode, uint flags, string message)
    {
        ErrorWriter.Write(error, (int)status, keeperCode, flags, message);
        return (int)status;
    }

    private static int OutOfMemory(ZkaError* error)
    {
        ErrorWriter.Write(error, (int)ZkArrowStatus.Internal, "the process ran out of memory"u8);
        return (int)ZkArrowStatus.Internal;
    }

    private static uint Flags(bool retryable, bool outcomeUnknown) =>
        (retryable ? Zka.ErrorRetryable : 0u) | (outcomeUnknown ? Zka.ErrorOutcomeUnknown : 0u);

    /// <summary>The sentence without the name of the object, which .NET puts on a second line.</summary>
    private static string Closed(ObjectDisposedException e) => e.Message.AsSpan().IndexOfAny('\r', '\n') is >= 0 and int end ? e.Message[..end] : e.Message;
}
