using ZkArrow.Segments;

namespace ZkArrow.Cli.Doctor.Checks;

/// <summary>Who holds segments, the oldest first; and who holds space of versions that were dropped.</summary>
/// <param name="soon">For how long after a drop its readers may go on without being worth a word.</param>
internal sealed class Pins(TimeSpan soon) : DirectoryCheck
{
    private const string Deleted = " (deleted)";

    public override string Name => "pins";

    protected override ValueTask<Finding> LookAsync(DataDirectory directory, Examination examination, CancellationToken cancellationToken)
    {
        HostFiles host = examination.Host;
        IReadOnlyList<FileLock> locks = FileLock.Pins(host);
        Pin[] linked = [.. Linked(directory, locks)];
        Pin[] dropped = [.. Dropped(directory, locks, host).Where(pin => pin.Age >= soon)];
        IEnumerable<string> details = dropped.Concat(linked).OrderByDescending(pin => pin.Age).Select(pin => pin.Describe(host));
        string held = $"{linked.Length} pins hold segments in {directory.Path}";
        return new(dropped.Length > 0
            ? Finding.Warn(
                $"{held}, and {dropped.Length} hold {Sizes.Bytes(dropped.DistinctBy(pin => pin.Inode).Sum(pin => pin.Bytes))} of dropped ones for more than {Sizes.Age(soon)}.",
                "let these processes close their tables, or restart them",
                details)
            : Finding.Ok($"{held}.", details));
    }

    private static IEnumerable<Pin> Linked(DataDirectory directory, IReadOnlyList<FileLock> locks)
    {
        ILookup<ulong, FileLock> byInode = locks.ToLookup(held => held.Inode);
        foreach (SegmentFile file in directory.List())
        {
            if (!Libc.Stat($"{directory.Path}/{file.Name}", follow: false, out Libc.FileStatus status))
                continue;
            foreach (FileLock held in byInode[status.Inode])
                if (held.IsOn(status))
                    yield return new Pin(held.Process, file.Name, status.Inode, file.Bytes, file.Age, IsDropped: false);
        }
    }

    /// <summary>A dropped segment has no name any more; those who hold it have it among their open files.</summary>
    private static IEnumerable<Pin> Dropped(DataDirectory directory, IReadOnlyList<FileLock> locks, HostFiles host)
    {
        if (!Libc.Stat(directory.Path, follow: true, out Libc.FileStatus place))
            yield break;
        foreach (int process in locks.Where(held => held.Device == (place.DeviceMajor, place.DeviceMinor)).Select(held => held.Process).Where(id => id > 0).Distinct())
        {
            foreach (string descriptor in host.Entries($"/proc/{process}/fd"))
            {
                if (LinkTarget(descriptor) is not string path
                    || !path.StartsWith(directory.Path + "/", StringComparison.Ordinal) || !path.EndsWith(Deleted, StringComparison.Ordinal))
                {
                    continue;
                }

                string name = path[(directory.Path.Length + 1)..^Deleted.Length];
                if (SegmentName.IsValid(name) && Libc.Stat(descriptor, follow: true, out Libc.FileStatus status))
                    yield return new Pin(process, name, status.Inode, status.Size, status.Age, IsDropped: true);
            }
        }
    }

    private static string? LinkTarget(string descriptor)
    {
        try
        {
            return new FileInfo(descriptor).LinkTarget;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null; // closed since, or its process ended
        }
    }

    private sealed record Pin(int Process, string Name, ulong Inode, long Bytes, TimeSpan Age, bool IsDropped)
    {
        public string Describe(HostFiles host)
        {
            string who = Process <= 0
                ? "a process of another container"
                : host.Read($"/proc/{Process}/comm") is string command ? $"{command.Trim()} (pid {Process})" : $"a child of pid {Process}, which is gone,";
            return $"{who} holds {Name}, {Sizes.Bytes(Bytes)}, {(IsDropped ? "dropped " : "")}{Sizes.Age(Age)} {(IsDropped ? "ago" : "old")}";
        }
    }
}
