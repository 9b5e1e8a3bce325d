using System.Diagnostics;

namespace ZkArrow.Bench;

internal static class Clock
{
    private static readonly double NanosecondsPerTick = 1e9 / Stopwatch.Frequency;

    public static long Now => Stopwatch.GetTimestamp();

    public static long Since(long start) => Between(start, Now);

    public static long Between(long start, long end) => (long)((end - start) * NanosecondsPerTick);
}
