using System.Globalization;
using Microsoft.Extensions.Logging;

namespace ZkArrow.Datasets;

/// <summary>Tells whether a segment of the data directory belongs to a version.</summary>
internal sealed partial class SegmentRecords(DatasetContext context, Reader reader)
{
    /// <summary>A segment's name carries the incarnation and the version whose record must name it.</summary>
    public async ValueTask<bool> HaveAsync(string file, bool sync, CancellationToken cancellationToken)
    {
        if (!TryParse(file, out Guid incarnation, out long version))
            return true; // not one of ours

        try
        {
            return await reader.ReadRecordAsync(incarnation, version, cancellationToken, sync).ConfigureAwait(false) is { } record
                && record.Manifest.Segments.Any(segment => segment.File == file);
        }
        catch (ZkArrowException e) when (e.Status == ZkArrowStatus.Corrupt)
        {
            // what cannot be understood is left alone
            LogUnreadable(context.Logger, file, e.Message);
            return true;
        }
    }

    /// <summary>The incarnation and the version in a segment's name; false for the name of a file that we did not make.</summary>
    public static bool TryParse(string file, out Guid incarnation, out long version)
    {
        string[] parts = file.Split('/', '-');
        (incarnation, version) = (default, 0);
        return parts.Length == 4
            && Guid.TryParseExact(parts[0], "N", out incarnation)
            && long.TryParse(parts[2], NumberStyles.None, CultureInfo.InvariantCulture, out version);
    }

    [LoggerMessage(EventId = 21, Level = LogLevel.Warning, Message = "The sweep left {File} alone: {Reason}")]
    private static partial void LogUnreadable(ILogger logger, string file, string reason);
}
