using ZkArrow.Segments;

namespace ZkArrow.Cli.Doctor.Checks;

/// <summary>Whether there are segments that no version names, as a publisher leaves them that dies before its commit.</summary>
/// <param name="grace">Younger segments may belong to a publisher that is about to commit.</param>
internal sealed class Orphans(TimeSpan grace) : DirectoryCheck
{
    public override string Name => "orphans";

    public override ValueTask<IReadOnlyList<Finding>> LookAsync(Examination examination, CancellationToken cancellationToken) =>
        examination.Link is { Failure: null }
            ? base.LookAsync(examination, cancellationToken)
            : new([Finding.Skip("The coordinator alone knows which segments versions name.", "zkarrow doctor --connect zk://host:port/chroot")]);

    protected override async ValueTask<Finding> LookAsync(DataDirectory directory, Examination examination, CancellationToken cancellationToken)
    {
        // files first, then the records: what is committed in between is recorded, or not listed
        SegmentFile[] old = [.. directory.List().Where(file => file.Age >= grace)];
        List<SegmentFile> orphans = [];
        NamespaceRecords? records = examination.Link!.Records;
        if (records != null)
            await records.CatchUpAsync(cancellationToken).ConfigureAwait(false);
        foreach (SegmentFile file in old)
        {
            bool isNamed = records != null && await records.ManifestOfAsync(file.Name, cancellationToken).ConfigureAwait(false) != null;
            if (!isNamed && !directory.IsPinned(file.Name))
                orphans.Add(file);
        }

        return orphans.Count > 0
            ? Finding.Warn(
                $"{orphans.Count} segments in {directory.Path} ({Sizes.Bytes(orphans.Sum(file => file.Bytes))}) are named by no version of this namespace.",
                "open a client of the namespace with this data directory: it sweeps them; if none does, they belong to another namespace",
                orphans.OrderByDescending(file => file.Age).Select(file => $"{file.Name}, {Sizes.Bytes(file.Bytes)}, {Sizes.Age(file.Age)} old"))
            : Finding.Ok($"Versions name all {old.Length} segments in {directory.Path} that are older than {Sizes.Age(grace)}.");
    }
}
