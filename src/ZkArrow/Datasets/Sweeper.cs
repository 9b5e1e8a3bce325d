using ZkArrow.Segments;

namespace ZkArrow.Datasets;

/// <summary>
/// Removes segments that no record names: what a crash between writing the bytes and committing them leaves, and what
/// dropped datasets had.
/// </summary>
internal sealed class Sweeper(DatasetContext context, Reader reader)
{
    public async ValueTask<int> SweepAsync(TimeSpan grace, Call call)
    {
        SweepCandidates candidates = context.Directory.Candidates(grace);
        return await candidates.RemoveAsync(file => IsReferencedAsync(file, call.Token)).ConfigureAwait(false);
    }

    /// <summary>A segment's name carries the incarnation and the version whose record must name it.</summary>
    private async ValueTask<bool> IsReferencedAsync(string file, CancellationToken cancellationToken)
    {
        string[] parts = file.Split('/', '-');
        if (parts.Length != 4 || !Guid.TryParseExact(parts[0], "N", out Guid incarnation) || !long.TryParse(parts[2], out long version))
            return true;
        return await reader.ReadRecordAsync(incarnation, version, cancellationToken).ConfigureAwait(false) is { } record
            && record.Manifest.Segments.Any(segment => segment.File == file);
    }
}
