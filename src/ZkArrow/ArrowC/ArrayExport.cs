using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ZkArrow.ArrowC;

/// <summary>
/// The structs that consumers get. All structs of one export lie in one block that counts those not yet released; each can
/// be moved out and released on its own, on any thread; the last one lets go of the batch.
/// </summary>
internal static unsafe class ArrayExport
{
    private static readonly nint ReleasePointer = (nint)(delegate* unmanaged[Cdecl]<ArrowArray*, void>)&Release;

    /// <summary>Writes an array over the batch, of which it takes a reference.</summary>
    public static void Write(BatchBlock* batch, ArrowArray* target)
    {
        long size = sizeof(ExportBlock) + ((long)batch->Structs * sizeof(ArrowArray)) + ((long)batch->Pointers * sizeof(void*));
        var export = (ExportBlock*)NativeMemory.Alloc((nuint)size);
        export->Live = batch->Structs + 1;
        export->Batch = batch;
        BatchBlock.AddRef(batch);
        var cursor = new TreeCursor((byte*)(export + 1), batch->Structs);
        Copy(batch->View, target, export, ref cursor);
        ArrowCounters.AddArrays(1);
    }

    private static void Copy(ArrowArray* source, ArrowArray* target, ExportBlock* export, ref TreeCursor cursor)
    {
        *target = *source;
        target->Release = (delegate* unmanaged[Cdecl]<ArrowArray*, void>)ReleasePointer;
        target->PrivateData = export;
        if (source->NChildren > 0)
        {
            target->Children = cursor.Children(source->NChildren);
            for (long i = 0; i < source->NChildren; i++) Copy(source->Children[i], target->Children[i], export, ref cursor);
        }
        if (source->Dictionary == null) return;
        target->Dictionary = cursor.Struct();
        Copy(source->Dictionary, target->Dictionary, export, ref cursor);
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Release(ArrowArray* array)
    {
        if (array == null || array->Release == null) return;
        var export = (ExportBlock*)array->PrivateData;
        long released = Abandon(array, export);
        if (Interlocked.Add(ref export->Live, -released) > 0) return;
        BatchBlock* batch = export->Batch;
        NativeMemory.Free(export);
        ArrowCounters.AddArrays(-1);
        BatchBlock.Release(batch);
    }

    /// <summary>Marks a struct and those below it that were not moved out as released; returns how many they are.</summary>
    private static long Abandon(ArrowArray* array, ExportBlock* export)
    {
        if ((nint)array->Release != ReleasePointer || array->PrivateData != export)
        {
            // moved out, or a struct that somebody put here: that one is released by its own rules
            if (array->Release != null) array->Release(array);
            return 0;
        }
        array->Release = null;
        long released = 1;
        for (long i = 0; i < array->NChildren; i++) released += Abandon(array->Children[i], export);
        if (array->Dictionary != null) released += Abandon(array->Dictionary, export);
        return released;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct ExportBlock
    {
        public long Live;
        public BatchBlock* Batch;
    }
}
