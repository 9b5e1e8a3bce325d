using System.Globalization;

namespace ZkArrow.Cli.Doctor.Checks;

/// <summary>Whether a process may hold many segments: each open one takes a file descriptor and a mapping.</summary>
internal sealed class ProcessLimits : ICheck
{
    // what a process has besides segments
    private const long Rest = 256;

    public string Name => "limits";

    public ValueTask<IReadOnlyList<Finding>> LookAsync(Examination examination, CancellationToken cancellationToken)
    {
        long segments = examination.Directories.Sum(directory => (long)directory.List().Count);
        return new([Files(examination.Host, segments), Mappings(examination.Host, segments)]);
    }

    private static Finding Files(HostFiles host, long segments)
    {
        // this process may have raised its own limit already: who started it has what other programs get
        string? parent = host.Lines("/proc/self/status").FirstOrDefault(line => line.StartsWith("PPid:", StringComparison.Ordinal))?[5..].Trim();
        string? line = (host.Read($"/proc/{parent}/limits") ?? host.Read("/proc/self/limits"))?.Split('\n')
            .FirstOrDefault(line => line.StartsWith("Max open files", StringComparison.Ordinal));
        string soft = line?["Max open files".Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0] ?? "";
        if (soft == "unlimited")
            return Finding.Ok("A process may have any number of files open.");
        if (!long.TryParse(soft, NumberStyles.None, CultureInfo.InvariantCulture, out long limit))
            return Finding.Skip("The limit of open files could not be read.");
        long need = Math.Max(1024, segments + Rest);
        return limit < need
            ? Finding.Warn($"A process may have {limit} files open, and each open segment is one: {segments} are here.", $"ulimit -n {Math.Max(65_536, 2 * need)} (LimitNOFILE= of a systemd unit)")
            : Finding.Ok($"A process may have {limit} files open; {segments} segments are here.");
    }

    private static Finding Mappings(HostFiles host, long segments)
    {
        if (!long.TryParse(host.Read("/proc/sys/vm/max_map_count"), NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out long limit))
            return Finding.Skip("The limit of mappings could not be read.");
        long need = Math.Max(65_530, segments + Rest);
        return limit < need
            ? Finding.Warn($"A process may have {limit} mappings, and each open segment is one: {segments} are here.", $"sysctl -w vm.max_map_count={2 * need}")
            : Finding.Ok($"A process may have {limit} mappings.");
    }
}
