using System.Globalization;

namespace ZkArrow.Cli.Doctor.Checks;

/// <summary>Whether the control group may hold what tmpfs may: its pages count for whoever touched them first.</summary>
internal sealed class MemoryLimit : HostCheck
{
    private const string Root = "/sys/fs/cgroup";

    public override string Name => "memory-limit";

    protected override Finding Look(Examination examination)
    {
        if (examination.Mount is not { IsTmpfs: true } mount || examination.FileSystem is not { } system)
            return Finding.Ok($"{examination.Place} is not on tmpfs; its bytes do not count as memory of a control group.");
        (string File, long Bytes)[] limits = [.. Files(examination.Host).Select(file => (file, Limit(examination.Host.Read(file)))).Where(limit => limit.Item2 < long.MaxValue)];
        if (limits.Length == 0)
            return Finding.Ok("This control group has no limit of memory.");
        (string file, long bytes) = limits.MinBy(limit => limit.Bytes);
        long size = system.Blocks * system.BlockSize;
        return system.Blocks == 0 || bytes < size
            ? Finding.Warn(
                $"This control group may have {Sizes.Bytes(bytes)} of memory ({file}) and {mount.Point} up to {(system.Blocks == 0 ? "all" : Sizes.Bytes(size))}: a publisher can be killed before it hears that there is no space.",
                $"mount -o remount,size={Math.Max(1, bytes >> 21)}M {mount.Point}, or raise the limit (docker run --memory=…)")
            : Finding.Ok($"This control group may have {Sizes.Bytes(bytes)} of memory, more than {mount.Point} can take.");
    }

    /// <summary>The limit files of this process's group and all above it, of both kinds of control groups.</summary>
    private static IEnumerable<string> Files(HostFiles host)
    {
        foreach (string line in host.Lines("/proc/self/cgroup"))
        {
            string[] parts = line.Split(':', 3);
            bool isUnified = line.StartsWith("0::", StringComparison.Ordinal);
            if (parts.Length < 3 || !(isUnified || parts[1].Split(',').Contains("memory")))
                continue;
            for (string? group = parts[2]; group != null; group = Path.GetDirectoryName(group))
                yield return $"{Root}/{(isUnified ? "" : "memory/")}{group.Trim('/')}/{(isUnified ? "memory.max" : "memory.limit_in_bytes")}".Replace("//", "/", StringComparison.Ordinal);
        }
    }

    /// <summary>No limit is “max”, or a number beyond all memory.</summary>
    private static long Limit(string? text) =>
        long.TryParse(text, NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out long bytes) && bytes < long.MaxValue >> 1 ? bytes : long.MaxValue;
}
