using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ZkArrow.ArrowC;

/// <summary>The stream structs that consumers get: native blocks with references on the schema and the batches.</summary>
internal static unsafe class StreamExport
{
    private const int InvalidArgument = 22;
    private const int NoMemory = 12;
    private const int IoError = 5;

    public static void Write(SchemaBox schema, ArrayBox[] batches, ArrowArrayStream* target)
    {
        var state = (StreamBlock*)NativeMemory.Alloc((nuint)(sizeof(StreamBlock) + ((long)batches.Length * sizeof(void*))));
        state->Schema = schema.Block;
        state->Next = 0;
        state->Count = batches.Length;
        state->LastError = null;
        SchemaBlock.AddRef(state->Schema);
        BatchBlock** list = Batches(state);
        for (int i = 0; i < batches.Length; i++)
        {
            list[i] = batches[i].Block;
            BatchBlock.AddRef(list[i]);
        }
        target->GetSchema = &GetSchema;
        target->GetNext = &GetNext;
        target->GetLastError = &GetLastError;
        target->Release = &Release;
        target->PrivateData = state;
        ArrowCounters.AddStreams(1);
    }

    private static BatchBlock** Batches(StreamBlock* state) => (BatchBlock**)(state + 1);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int GetSchema(ArrowArrayStream* stream, ArrowSchema* target)
    {
        if (stream == null || stream->Release == null || target == null) return InvalidArgument;
        try
        {
            SchemaBlock.Export(((StreamBlock*)stream->PrivateData)->Schema, target);
            return 0;
        }
        catch (OutOfMemoryException)
        {
            *target = default;
            return NoMemory;
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int GetNext(ArrowArrayStream* stream, ArrowArray* target)
    {
        if (stream == null || stream->Release == null || target == null) return InvalidArgument;
        var state = (StreamBlock*)stream->PrivateData;
        *target = default;
        state->LastError = null;
        if (state->Next == state->Count) return 0;
        BatchBlock* batch = Batches(state)[state->Next];
        if (batch->IsDamaged)
        {
            state->LastError = batch->Tripwire->Sentence;
            return IoError;
        }
        try
        {
            ArrayExport.Write(batch, target);
            state->Next++;
            return 0;
        }
        catch (OutOfMemoryException)
        {
            *target = default;
            return NoMemory;
        }
    }

    /// <summary>NULL when memory ran out: errno says that.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static byte* GetLastError(ArrowArrayStream* stream) =>
        stream == null || stream->Release == null ? null : ((StreamBlock*)stream->PrivateData)->LastError;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Release(ArrowArrayStream* stream)
    {
        if (stream == null || stream->Release == null) return;
        var state = (StreamBlock*)stream->PrivateData;
        stream->Release = null;
        for (long i = 0; i < state->Count; i++) BatchBlock.Release(Batches(state)[i]);
        SchemaBlock.Release(state->Schema);
        NativeMemory.Free(state);
        ArrowCounters.AddStreams(-1);
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct StreamBlock
    {
        public SchemaBlock* Schema;
        public long Next;
        public long Count;
        public byte* LastError;
    }
}
