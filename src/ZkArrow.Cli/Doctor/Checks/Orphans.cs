using ZkArrow.Segments;

namespace ZkArrow.Cli.Doctor.Checks;

/// <summary>Whether there are segments that no version names, as a publisher leaves them that dies before its commit.</summary>
internal sealed class Orphans : DirectoryCheck
{
    public override string Name => "orphans";

    protected override async ValueTask<Finding> LookAsync(DataDirectory directory, Examination examination, CancellationToken cancellationToken)
    {
        if (examination.Link is not { Failure: null } link)
            return Finding.Skip($"Whether versions name the segments in {directory.Path} is known to the coordinator alone.", $"zkarrow doctor --connect zk://host:port/chroot --data-dir {directory.Path}");

        // files first, then the records: what is committed in between is recorded, or not listed
        SegmentFile[] old = [.. directory.List().Where(file => file.Age >= ZkArrowClient.SweepGrace)];
        List<SegmentFile> orphans = [];
        if (link.Records is { } records)
            await records.CatchUpAsync(cancellationToken).ConfigureAwait(false);
        foreach (SegmentFile file in old)
        {
            bool isNamed = link.Records is { } known && await known.ManifestOfAsync(file.Name, cancellationToken).ConfigureAwait(false) != null;
            if (!isNamed && !directory.IsPinned(file.Name))
                orphans.Add(file);
        }

        return orphans.Count > 0
            ? Finding.Warn(
                $"{orphans.Count} segments in {directory.Path} ({Sizes.Bytes(orphans.Sum(file => file.Bytes))}) are named by no version of this namespace.",
                "open a client of the namespace with this data directory: it sweeps them; if none does, they belong to another namespace",
                orphans.OrderByDescending(file => file.Age).Select(file => $"{file.Name}, {Sizes.Bytes(file.Bytes)}, {Sizes.Age(file.Age)} old"))
            : Finding.Ok($"Versions name all {old.Length} segments in {directory.Path} that are older than {Sizes.Age(ZkArrowClient.SweepGrace)}.");
    }
}
