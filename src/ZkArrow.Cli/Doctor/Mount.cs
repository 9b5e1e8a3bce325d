namespace ZkArrow.Cli.Doctor;

/// <summary>A line of <c>/proc/self/mountinfo</c>.</summary>
/// <param name="Point">Where it is mounted.</param>
/// <param name="Type">Such as tmpfs.</param>
/// <param name="Options">The options of the file system.</param>
internal sealed record Mount(string Point, string Type, string[] Options)
{
    public bool IsTmpfs => Type == "tmpfs";

    /// <summary>The mount a path is on: of those above it the deepest, and of those at one place the last.</summary>
    public static Mount? Of(string path, HostFiles host) => host.Lines("/proc/self/mountinfo")
        .Select(Parse).OfType<Mount>()
        .Where(mount => mount.Point == "/" || path == mount.Point || path.StartsWith(mount.Point + "/", StringComparison.Ordinal))
        .Reverse().MaxBy(mount => mount.Point.Length);

    // 25 24 0:23 / /dev/shm rw,relatime shared:3 - tmpfs tmpfs rw,size=65536k
    private static Mount? Parse(string line)
    {
        string[] halves = line.Split(" - ", 2);
        string[] left = halves[0].Split(' '), right = halves[^1].Split(' ');
        return halves.Length == 2 && left.Length > 4 && right.Length > 2
            ? new Mount(left[4].Replace("\\040", " ", StringComparison.Ordinal), right[0], right[2].Split(','))
            : null;
    }
}
