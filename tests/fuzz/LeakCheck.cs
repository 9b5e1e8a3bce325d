using ZkArrow.ArrowC;

namespace ZkArrow.Fuzz;

/// <summary>Throws at its end when more lives than at its start. Schemas are left out: some stay in a cache.</summary>
internal readonly ref struct LeakCheck()
{
    private readonly (long, long, long) _before = Now;

    private static (long, long, long) Now => (ArrowCounters.LiveExportedArrays, ArrowCounters.LiveExportedStreams, ArrowCounters.LiveBoxes);

    public void Dispose()
    {
        if (Now != _before) throw new InvalidOperationException($"arrays, streams and boxes alive were {_before} and are {Now}");
    }
}
