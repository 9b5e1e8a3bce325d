using System.Globalization;
using Microsoft.Extensions.Logging;
using ZkArrow.Coordination;

namespace ZkArrow.Datasets;

/// <summary>
/// Tells whether a segment of the data directory belongs to a version. An append keeps the segments of the version
/// before, so the versions that name one follow each other, beginning with the one it was written for: the first of these
/// that is still recorded answers for all.
/// </summary>
internal sealed partial class SegmentRecords(DatasetContext context, Catalog catalog, Reader reader)
{
    /// <summary>
    /// Whether a recorded version names the file. What this session committed is seen, and whatever <paramref name="freshness"/> asks for.
    /// </summary>
    public async ValueTask<bool> HaveAsync(string file, Freshness freshness, CancellationToken cancellationToken)
    {
        if (!TryParse(file, out Guid incarnation, out long version))
            return true; // not one of ours
        try
        {
            Manifest? first = await FirstAsync(
                version,
                async number => (await reader.ReadRecordAsync(incarnation, number, cancellationToken, number == version ? freshness : Freshness.Session).ConfigureAwait(false))?.Manifest,
                async () => await catalog.VersionsAsync(incarnation, cancellationToken).ConfigureAwait(false) ?? []).ConfigureAwait(false);
            return first?.Segments.Any(segment => segment.File == file) == true;
        }
        catch (ZkArrowException e) when (e.Status == ZkArrowStatus.Corrupt)
        {
            // what cannot be understood is left alone
            LogUnreadable(context.Logger, file, e.Message);
            return true;
        }
    }

    /// <summary>Whether a recorded version names the file, by a majority, which is asked only where a first look finds nothing.</summary>
    public async ValueTask<bool> HaveSurelyAsync(string file, CancellationToken cancellationToken) =>
        await HaveAsync(file, Freshness.Session, cancellationToken).ConfigureAwait(false)
        || await HaveAsync(file, Freshness.Majority, cancellationToken).ConfigureAwait(false);

    /// <summary>The manifest that answers for a segment written for this version; null when no version is recorded from there on.</summary>
    /// <param name="version">The version in the segment's name.</param>
    /// <param name="read">The manifest of a version; null when it is not recorded.</param>
    /// <param name="recorded">The numbers of the recorded versions, in order; asked again when one of them has just gone.</param>
    public static async ValueTask<Manifest?> FirstAsync(long version, Func<long, ValueTask<Manifest?>> read, Func<ValueTask<IReadOnlyList<long>>> recorded)
    {
        Manifest? first = await read(version).ConfigureAwait(false);
        while (first == null)
        {
            long next = (await recorded().ConfigureAwait(false)).FirstOrDefault(number => number > version);
            if (next == 0)
                return null;
            first = await read(next).ConfigureAwait(false);
        }

        return first;
    }

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

    [LoggerMessage(EventId = 121, Level = LogLevel.Warning, Message = "The sweep left {File} alone: {Reason}")]
    private static partial void LogUnreadable(ILogger logger, string file, string reason);
}
