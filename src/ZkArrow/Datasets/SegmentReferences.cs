using System.Globalization;

namespace ZkArrow.Datasets;

/// <summary>
/// Which versions name a segment. An append keeps the segments of the version before, so those that name one follow each
/// other, beginning with the version it was written for: the first of these that is still recorded answers for all.
/// </summary>
internal sealed class SegmentReferences(Catalog catalog, Reader reader)
{
    /// <summary>Whether a recorded version names the file. What this session committed is seen; with sync, all that was committed before.</summary>
    public async ValueTask<bool> AnyAsync(string file, bool sync, CancellationToken cancellationToken)
    {
        if (!TryParse(file, out Guid incarnation, out long version))
            return true; // not one of ours
        if (await NamesAsync(incarnation, version, file, sync, cancellationToken).ConfigureAwait(false) is { } first)
            return first;
        while (true)
        {
            IReadOnlyList<long> recorded = await catalog.VersionsAsync(incarnation, cancellationToken).ConfigureAwait(false) ?? [];
            long next = recorded.FirstOrDefault(number => number > version);
            if (next == 0)
                return false;
            if (await NamesAsync(incarnation, next, file, sync: false, cancellationToken).ConfigureAwait(false) is { } answer)
                return answer;
        }
    }

    /// <summary>Null when the version is not recorded.</summary>
    private async ValueTask<bool?> NamesAsync(Guid incarnation, long version, string file, bool sync, CancellationToken cancellationToken) =>
        await reader.ReadRecordAsync(incarnation, version, cancellationToken, sync).ConfigureAwait(false) is { } record
            ? record.Manifest.Segments.Any(segment => segment.File == file)
            : null;

    /// <summary>A segment's name carries the incarnation and the version that it was written for.</summary>
    private static bool TryParse(string file, out Guid incarnation, out long version)
    {
        incarnation = default;
        version = 0;
        string[] parts = file.Split('/', '-');
        return parts.Length == 4
            && Guid.TryParseExact(parts[0], "N", out incarnation)
            && long.TryParse(parts[2], NumberStyles.None, CultureInfo.InvariantCulture, out version);
    }
}
