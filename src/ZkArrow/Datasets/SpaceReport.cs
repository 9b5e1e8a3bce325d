using ZkArrow.Segments;

namespace ZkArrow.Datasets;

/// <summary>Says what holds the space of a data directory that had none left.</summary>
internal sealed class SpaceReport(DatasetContext context, SegmentRecords records)
{
    // a publisher that was refused wants to hear so soon, even when the coordinator is slow
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>The refusal with the report; without it when it could not be made in time.</summary>
    public async ValueTask<ZkArrowException> ExplainAsync(ZkArrowException refusal, CancellationToken cancellationToken)
    {
        using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        try
        {
            string report = await DescribeAsync(patience.Token).ConfigureAwait(false);
            return new ZkArrowException(refusal.Status, $"{refusal.Message} {report}", refusal) { IsRetryable = refusal.IsRetryable };
        }
        catch (Exception e) when (e is ZkArrowException or OperationCanceledException)
        {
            return refusal;
        }
    }

    private async ValueTask<string> DescribeAsync(CancellationToken cancellationToken)
    {
        DataDirectory directory = context.Directory;
        IReadOnlyList<SegmentFile> files = directory.List();
        bool[] recorded = await Catalog.ForEachAsync(
            files, (file, token) => records.HaveAsync(file.Name, sync: false, token), cancellationToken).ConfigureAwait(false);
        ILookup<string, SegmentFile> by = files.Zip(recorded).ToLookup(
            pair => pair.Second ? "recorded" : directory.IsPinned(pair.First.Name) ? "pinned" : "orphan", pair => pair.First);
        long elsewhere = Math.Max(0, directory.OccupiedBytes - files.Sum(file => file.Bytes));
        return $"Its space was held by {Sum(by["recorded"])} of versions, {Sum(by["pinned"])} in use that no version names, "
            + $"{Sum(by["orphan"])} that a sweep will remove, and {elsewhere} bytes elsewhere on the file system, such as dropped versions that readers still hold.";
    }

    private static string Sum(IEnumerable<SegmentFile> files) => $"{files.Sum(file => file.Bytes)} bytes in {files.Count()} segments";
}
