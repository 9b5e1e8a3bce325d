using ZkArrow.ArrowC;
using ZkArrow.Coordination;
using ZkArrow.Segments;

namespace ZkArrow.Datasets;

/// <summary>
/// The drafts of an append: the new rows become a segment behind those of the head. What is inline, or too many small
/// segments, is written again together with them. The last segments are merged as long as each is no larger than what is
/// written behind it, so that a row is copied about as often as its table doubles. The segments of a version are all in one
/// place: rows that are to stand elsewhere than the head's have these written again with them.
/// </summary>
internal sealed class AppendDrafts(DatasetContext context, Reader reader, ArrowTable rows, string commit, Residency? asked, long inlineMax) : IDraftMaker
{
    /// <summary>More than these are merged: each costs a reader a mapping, and the head record its bytes.</summary>
    public const int MaxSegments = 16;

    private Draft? _draft;
    private ArrowTable? _merged;

    public SchemaBox Schema => rows.Schema;

    public async ValueTask<Draft?> OnAsync(Head? head, Call call)
    {
        Manifest? manifest = head?.Manifest;
        Residency residency = asked ?? (manifest is { IsInline: false } ? manifest.Place : Residency.Host);
        int kept = manifest?.Place == residency ? Keep(manifest.Segments, rows.NBytes) : 0;
        bool addsOnly = manifest == null || (kept > 0 && kept == manifest.Segments.Count);
        if (kept > 0)
            RequireHere(manifest!, residency);

        // the new rows alone, in a segment, go behind whatever segments there are; anything else was made for one head
        bool fits = addsOnly && _merged == null && _draft?.Residency == residency;
        if (!fits)
        {
            Forget();
            if (!addsOnly)
            {
                using ArrowTable? tail = await reader.OpenTailAsync(head!, kept, call.Token).ConfigureAwait(false);
                if (tail == null)
                    return null;
                _merged = ArrowTable.Concat([tail, rows]);
            }

            TableSource source = new(_merged ?? rows, commit);
            bool inline = asked == null && (manifest == null || manifest.IsInline) && source.Length <= inlineMax;
            _draft = new Draft(context, source, commit, inline ? Residency.Inline : residency);
        }

        _draft!.Before = manifest == null ? [] : [.. manifest.Segments.Take(kept).Select(segment => segment with { Commit = segment.Commit ?? manifest.Commit })];
        return _draft;
    }

    /// <summary>How many of the segments stay as they are, when this many bytes are written behind them.</summary>
    internal static int Keep(IReadOnlyList<SegmentRecord> segments, long bytes)
    {
        int kept = segments.Count;
        if (kept < MaxSegments)
            return kept;
        do
            bytes += segments[--kept].Bytes;
        while (kept > 0 && segments[kept - 1].Bytes <= bytes);
        return kept;
    }

    public void Dispose() => Forget();

    /// <summary>A version cannot be on two disks, or in two processes.</summary>
    private void RequireHere(Manifest manifest, Residency residency)
    {
        if (residency == Residency.Host)
            return;
        string file = manifest.Segments[^1].File;
        using MappedSegment? here = context.Places.Of(manifest)?.TryMap(file, manifest.Segments[^1].Bytes);
        if (here == null)
            throw Absence.Of(manifest, file, context);
    }

    private void Forget()
    {
        _draft?.Dispose();
        _draft = null;
        _merged?.Release();
        _merged = null;
    }
}
