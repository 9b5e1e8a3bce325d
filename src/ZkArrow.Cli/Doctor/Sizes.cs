using System.Globalization;

namespace ZkArrow.Cli.Doctor;

/// <summary>Numbers as people read them.</summary>
internal static class Sizes
{
    private static readonly string[] Units = ["B", "KiB", "MiB", "GiB", "TiB"];

    public static string Bytes(long bytes)
    {
        double value = bytes;
        int unit = 0;
        for (; value >= 1024 && unit < Units.Length - 1; unit++)
            value /= 1024;
        return string.Create(CultureInfo.InvariantCulture, $"{value:0.#} {Units[unit]}");
    }

    public static string Age(TimeSpan age) => age switch
    {
        { TotalDays: >= 2 } => $"{(long)age.TotalDays} days",
        { TotalHours: >= 2 } => $"{(long)age.TotalHours} hours",
        { TotalMinutes: >= 2 } => $"{(long)age.TotalMinutes} minutes",
        _ => $"{(long)age.TotalSeconds} seconds",
    };
}
