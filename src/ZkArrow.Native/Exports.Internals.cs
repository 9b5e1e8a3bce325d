using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ZkArrow.ArrowC;
using ZkArrow.Segments;

namespace ZkArrow.Native;

/// <summary>The internals group of <c>zkarrow.h</c>.</summary>
internal static unsafe partial class InternalsExports
{
    [UnmanagedCallersOnly(EntryPoint = "zka__counters", CallConvs = [typeof(CallConvCdecl)])]
    internal static int Counters(ZkaCounters* @out, ZkaError* error)
    {
        Output.ClearSized(@out);
        if (!Guard.Enter(error, out int status))
            return status;
        try
        {
            Argument.Sized(@out);
            @out->Handles = Handles.Count;
            @out->ExportedArrays = ArrowCounters.LiveExportedArrays;
            @out->ExportedStreams = ArrowCounters.LiveExportedStreams;
            @out->ExportedSchemas = ArrowCounters.LiveExportedSchemas;
            @out->Batches = ArrowCounters.LiveBoxes;
            @out->MappedSegments = SegmentCounters.MappedSegments;
            @out->MappedBytes = SegmentCounters.MappedBytes;
            return Guard.Ok;
        }
        catch (Exception e)
        {
            return Guard.Fail(e, error);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "zka__raise_for_test", CallConvs = [typeof(CallConvCdecl)])]
    internal static int RaiseForTest(int status, int keeperCode, uint flags, ZkaError* error)
    {
        if (!Guard.Enter(error, out int refused) || status == Guard.Ok)
            return refused;
        try
        {
            ErrorWriter.Write(error, status, keeperCode, flags, $"status {status} was asked for by a test");
            return status;
        }
        catch (Exception e)
        {
            return Guard.Fail(e, error);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "zka__capsule_destructor", CallConvs = [typeof(CallConvCdecl)])]
    internal static int CapsuleDestructor(nint* python, nint* @out, ZkaError* error)
    {
        Output.Clear(@out);
        if (!Guard.Enter(error, out int status))
            return status;
        try
        {
            *Argument.NotNull(@out) = zkcapsule_destructor(Argument.NotNull(python));
            return Guard.Ok;
        }
        catch (Exception e)
        {
            return Guard.Fail(e, error);
        }
    }

    // it is C, because no managed method knows what Python has on its way; linked in, like the guard of segments
    [LibraryImport("zkguard")]
    private static partial nint zkcapsule_destructor(nint* python);
}
