namespace ZkArrow.ArrowC;

/// <summary>What is alive right now, exactly: leak tests compare these before and after.</summary>
internal static class ArrowCounters
{
    private static long liveExportedArrays;
    private static long liveExportedStreams;
    private static long liveExportedSchemas;
    private static long liveBoxes;

    /// <summary>Exported array trees of which at least one struct was not released yet.</summary>
    public static long LiveExportedArrays => Interlocked.Read(ref liveExportedArrays);

    /// <summary>Exported streams that were not released yet.</summary>
    public static long LiveExportedStreams => Interlocked.Read(ref liveExportedStreams);

    /// <summary>Exported schema trees of which at least one struct was not released yet.</summary>
    public static long LiveExportedSchemas => Interlocked.Read(ref liveExportedSchemas);

    /// <summary>Batches that are held by tables, streams or exported arrays.</summary>
    public static long LiveBoxes => Interlocked.Read(ref liveBoxes);

    internal static void AddArrays(long change) => Interlocked.Add(ref liveExportedArrays, change);

    internal static void AddStreams(long change) => Interlocked.Add(ref liveExportedStreams, change);

    internal static void AddSchemas(long change) => Interlocked.Add(ref liveExportedSchemas, change);

    internal static void AddBoxes(long change) => Interlocked.Add(ref liveBoxes, change);
}
