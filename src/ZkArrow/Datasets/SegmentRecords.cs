using System.Globalization;
using Microsoft.Extensions.Logging;

namespace ZkArrow.Datasets;

/// <summary>
/// Tells whether a segment of the data directory belongs to a version. An append keeps the segments of the version
/// before, so the versions that name one follow each other, beginning with the one it was written for: the first of these
/// that is still recorded answers for all.
/// </summary>
internal sealed partial class SegmentRecords(DatasetContext context, Catalog catalog, Reader reader)
{
    /// <summary>
    /// Whether a recorded version names the file. What this session committed is seen; with <paramref name="sync"/>, all
    /// that was committed anywhere before the call.
    /// </summary>
    public async ValueTask<bool> HaveAsync(string file, bool sync, CancellationToken cancellationToken)
    {
        if (!TryParse(file, out Guid incarnation, out long version))
            return true; // not one of ours
        try
        {
            bool? first = await NamesAsync(incarnation, version, file, sync, cancellationToken).ConfigureAwait(false);
            while (first == null)
            {
                IReadOnlyList<long> recorded = await catalog.VersionsAsync(incarnation, cancellationToken).ConfigureAwait(false) ?? [];
                long next = recorded.FirstOrDefault(number => number > version);
                if (next == 0)
                    return false;
                first = await NamesAsync(incarnation, next, file, sync: false, cancellationToken).ConfigureAwait(false);
            }

            return first.Value;
        }
        catch (ZkArrowException e) when (e.Status == ZkArrowStatus.Corrupt)
        {
            // what cannot be understood is left alone
            LogUnreadable(context.Logger, file, e.Message);
            return true;
        }
    }

    /// <summary>Null when the version is not recorded.</summary>
    private async ValueTask<bool?> NamesAsync(Guid incarnation, long version, string file, bool sync, CancellationToken cancellationToken) =>
        await reader.ReadRecordAsync(incarnation, version, cancellationToken, sync).ConfigureAwait(false) is { } record
            ? record.Manifest.Segments.Any(segment => segment.File == file)
            : null;

    /// <summary>The incarnation in a segment's name, and the version that it was written for; false for a file that we did not make.</summary>
    public static bool TryParse(string file, out Guid incarnation, out long version)
    {
        incarnation = default;
        version = 0;
        string[] parts = file.Split('/', '-');
        return parts.Length == 4
            && Guid.TryParseExact(parts[0], "N", out incarnation)
            && long.TryParse(parts[2], NumberStyles.None, CultureInfo.InvariantCulture, out version);
    }

    [LoggerMessage(EventId = 21, Level = LogLevel.Warning, Message = "The sweep left {File} alone: {Reason}")]
    private static partial void LogUnreadable(ILogger logger, string file, string reason);
}
