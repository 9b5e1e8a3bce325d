using ZkArrow.Coordination;
using ZkArrow.Segments;

namespace ZkArrow.Datasets;

/// <summary>Says what holds the space of a data directory that had none left.</summary>
internal sealed class SpaceReport(SegmentRecords records, DatasetRecords datasets)
{
    // a publisher that was refused wants to hear so soon, even when the coordinator is slow
    private const int Named = 3;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>The refusal with the report; without it when it could not be made in time.</summary>
    public async ValueTask<ZkArrowException> ExplainAsync(ZkArrowException refusal, DataDirectory directory, CancellationToken cancellationToken)
    {
        using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        try
        {
            string report = await DescribeAsync(directory, patience.Token).ConfigureAwait(false);
            return new ZkArrowException(refusal.Status, $"{refusal.Message} {report}", refusal) { IsRetryable = refusal.IsRetryable };
        }
        catch (Exception e) when (e is ZkArrowException or OperationCanceledException)
        {
            return refusal;
        }
    }

    private async ValueTask<string> DescribeAsync(DataDirectory directory, CancellationToken cancellationToken)
    {
        IReadOnlyList<SegmentFile> files = directory.List();
        bool[] recorded = await Catalog.ForEachAsync(
            files, (file, token) => records.HaveAsync(file.Name, Freshness.Session, token), cancellationToken).ConfigureAwait(false);
        ILookup<string, SegmentFile> by = files.Zip(recorded).ToLookup(
            pair => pair.Second ? "recorded" : directory.IsPinned(pair.First.Name) ? "pinned" : "orphan", pair => pair.First);
        long elsewhere = Math.Max(0, directory.OccupiedBytes - files.Sum(file => file.Bytes) - directory.Pool.Bytes);
        return $"Its space was held by {Sum(by["recorded"])} of versions, {Sum(by["pinned"])} in use that no version names, "
            + $"{Sum(by["orphan"])} that a sweep will remove, {directory.Pool.Bytes} bytes retired, and {elsewhere} bytes elsewhere on the file system, such as dropped versions that readers still hold."
            + await LargestAsync(by["recorded"], cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask<string> LargestAsync(IEnumerable<SegmentFile> files, CancellationToken cancellationToken)
    {
        List<string> largest = [];
        foreach (IGrouping<string, SegmentFile> group in files.GroupBy(file => file.Name.Split('/')[0]).OrderByDescending(group => group.Sum(file => file.Bytes)).Take(Named))
            if (Guid.TryParseExact(group.Key, "N", out Guid inc) && await datasets.ReadAsync(inc, Freshness.Session, cancellationToken).ConfigureAwait(false) is { } dataset)
                largest.Add($"'{dataset.Record.Name}' {Sum(group)}");
        return largest.Count == 0 ? "" : $" The largest datasets: {string.Join(", ", largest)}.";
    }

    private static string Sum(IEnumerable<SegmentFile> files) => $"{files.Sum(file => file.Bytes)} bytes in {files.Count()} segments";
}
