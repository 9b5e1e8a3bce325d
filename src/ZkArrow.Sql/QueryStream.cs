using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using ZkArrow.ArrowC;

namespace ZkArrow.Sql;

/// <summary>A running query as a stream of the C Stream Interface: its batches are made when they are asked for.</summary>
internal static unsafe class QueryStream
{
    private const int InvalidArgument = 22;
    private const int NoMemory = 12;
    private const int IoError = 5;
    private const int Cancelled = 125;

    /// <summary>Takes the query over. The token ends it as long as the stream is not released.</summary>
    public static void Write(QueryRun run, ArrowArrayStream* target, CancellationToken cancellationToken)
    {
        Reading reading = new(run, cancellationToken.Register(run.Stop));
        target->GetSchema = &GetSchema;
        target->GetNext = &GetNext;
        target->GetLastError = &GetLastError;
        target->Release = &Release;
        target->PrivateData = (void*)GCHandle.ToIntPtr(GCHandle.Alloc(reading));
        ArrowCounters.AddStreams(1);
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int GetSchema(ArrowArrayStream* stream, ArrowSchema* target)
    {
        if (stream == null || stream->Release == null || target == null)
            return InvalidArgument;
        Reading reading = Of(stream);
        try
        {
            reading.Run.ExportSchema(target);
            return 0;
        }
        catch (Exception e)
        {
            *target = default;
            return reading.Fail(e);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int GetNext(ArrowArrayStream* stream, ArrowArray* target)
    {
        if (stream == null || stream->Release == null || target == null)
            return InvalidArgument;
        Reading reading = Of(stream);
        try
        {
            reading.Run.Next(target);
            return 0;
        }
        catch (Exception e)
        {
            *target = default;
            return reading.Fail(e);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static byte* GetLastError(ArrowArrayStream* stream) =>
        stream == null || stream->Release == null ? null : Of(stream).LastError;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Release(ArrowArrayStream* stream)
    {
        if (stream == null || stream->Release == null)
            return;
        stream->Release = null;
        GCHandle handle = GCHandle.FromIntPtr((nint)stream->PrivateData);
        ((Reading)handle.Target!).Dispose();
        handle.Free();
        ArrowCounters.AddStreams(-1);
    }

    private static Reading Of(ArrowArrayStream* stream) => (Reading)GCHandle.FromIntPtr((nint)stream->PrivateData).Target!;

    /// <summary>What a stream needs beside the query; the text of its last error lives until the next one.</summary>
    private sealed class Reading(QueryRun run, CancellationTokenRegistration stopping) : IDisposable
    {
        public QueryRun Run => run;

        public byte* LastError { get; private set; }

        public int Fail(Exception e)
        {
            NativeMemory.Free(LastError);
            LastError = null;
            if (e is OutOfMemoryException)
                return NoMemory;
            byte[] text = Encoding.UTF8.GetBytes(e.Message);
            LastError = (byte*)NativeMemory.AllocZeroed((nuint)text.Length + 1);
            text.CopyTo(new Span<byte>(LastError, text.Length));
            return e is ZkArrowException { Status: ZkArrowStatus.Cancelled } ? Cancelled : IoError;
        }

        public void Dispose()
        {
            stopping.Dispose();
            run.Dispose();
            NativeMemory.Free(LastError);
            LastError = null;
        }
    }
}
