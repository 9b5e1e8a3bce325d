namespace ZkArrow.ArrowC;

/// <summary>What is alive right now, exactly: leak tests compare these before and after.</summary>
internal static class ArrowCounters
{
    private static long _liveExportedArrays;
    private static long _liveExportedStreams;
    private static long _liveExportedSchemas;
    private static long _liveBoxes;

    /// <summary>Exported array trees of which at least one struct was not released yet.</summary>
    public static long LiveExportedArrays => Interlocked.Read(ref _liveExportedArrays);

    /// <summary>Exported streams that were not released yet.</summary>
    public static long LiveExportedStreams => Interlocked.Read(ref _liveExportedStreams);

    /// <summary>Exported schema trees of which at least one struct was not released yet.</summary>
    public static long LiveExportedSchemas => Interlocked.Read(ref _liveExportedSchemas);

    /// <summary>Batches that are held by tables, streams or exported arrays.</summary>
    public static long LiveBoxes => Interlocked.Read(ref _liveBoxes);

    internal static void AddArrays(long change) => Interlocked.Add(ref _liveExportedArrays, change);

    internal static void AddStreams(long change) => Interlocked.Add(ref _liveExportedStreams, change);

    internal static void AddSchemas(long change) => Interlocked.Add(ref _liveExportedSchemas, change);

    internal static void AddBoxes(long change) => Interlocked.Add(ref _liveBoxes, change);
}
