using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ZkArrow.ArrowC;

namespace ZkArrow.Native;

/// <summary>
/// A stream that a caller passed in: read before the call is decided, consumed only when the call succeeded.
/// </summary>
internal static unsafe class BorrowedStream
{
    /// <summary>Reads all batches; the stream stays the caller's, for whom only its release has a meaning then.</summary>
    public static ArrowTable Read(ArrowArrayStream* stream)
    {
        if (stream == null || stream->Release == null)
            return ArrowTable.Drain(stream);
        var release = stream->Release;
        stream->Release = &KeepOpen;
        try
        {
            return ArrowTable.Drain(stream);
        }
        finally
        {
            stream->Release = release;
        }
    }

    /// <summary>Ends the caller's ownership.</summary>
    public static void Consume(ArrowArrayStream* stream)
    {
        stream->Release(stream);
        stream->Release = null;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void KeepOpen(ArrowArrayStream* stream) => stream->Release = null;
}
