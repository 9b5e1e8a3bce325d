using System.Collections.Concurrent;
using ZkArrow.Coordination;
using ZkArrow.Segments;

namespace ZkArrow.Datasets;

/// <summary>
/// Removes what crashes leave behind: dropped datasets that were not collected, and segments that no record names. Safe to
/// run anywhere at any time, by any number of processes.
/// </summary>
internal sealed class Sweeper(DatasetContext context, Catalog catalog, SegmentRecords records, Dropper dropper, Tender tender)
{
    /// <summary>
    /// For how long the last node of a dropped incarnation stays: a publisher whose answer was lost may ask for it, see
    /// <see cref="CommitLoop"/>.
    /// </summary>
    private static readonly TimeSpan TombstoneTime = TimeSpan.FromHours(1);

    /// <summary>Sweeps, and tells how many segments were removed.</summary>
    public async ValueTask<int> SweepAsync(TimeSpan grace, Call call)
    {
        await tender.TendAsync(most: int.MaxValue, call.Token).ConfigureAwait(false);
        await CollectDroppedAsync(call.Token).ConfigureAwait(false);

        int removed = await context.Places.ForgetDroppedAsync(file => records.HaveSurelyAsync(file, call.Token)).ConfigureAwait(false);
        foreach (DataDirectory directory in context.Places.Directories)
            removed += await SweepAsync(directory, grace, call).ConfigureAwait(false);
        return removed;
    }

    private async ValueTask<int> SweepAsync(DataDirectory directory, TimeSpan grace, Call call)
    {
        // the files are listed before the records are read: one that is committed in between is recorded, or not listed
        SweepCandidates candidates = directory.Candidates(grace);
        ConcurrentBag<string> suspects = [];
        await Catalog.ForEachAsync(
            candidates.Names,
            async (file, token) =>
            {
                if (!await records.HaveAsync(file, Freshness.Session, token).ConfigureAwait(false))
                    suspects.Add(file);
                return true;
            },
            call.Token).ConfigureAwait(false);
        directory.Pool.Trim(grace < SegmentPool.KeepTime ? grace : SegmentPool.KeepTime);
        return await candidates.RemoveAsync(suspects, file => records.HaveAsync(file, Freshness.Majority, call.Token)).ConfigureAwait(false);
    }

    private async ValueTask CollectDroppedAsync(CancellationToken cancellationToken)
    {
        foreach (string child in await catalog.ChildrenAsync(context.Layout.AllDropped, cancellationToken).ConfigureAwait(false) ?? [])
        {
            if (!Guid.TryParseExact(child, "N", out Guid incarnation))
                continue;
            await dropper.CollectAsync(incarnation, cancellationToken).ConfigureAwait(false);
            string path = context.Layout.Dropped(incarnation);
            Node? node = await context.GetAsync(path, null, Freshness.Session, cancellationToken).ConfigureAwait(false);
            if (node == null)
                continue;
            DroppedRecord record = RecordCodec.Read(node.Data, RecordJson.Default.DroppedRecord, path);
            if (DateTime.UtcNow - DateTime.UnixEpoch.AddMicroseconds(record.AtUs) > TombstoneTime)
                await dropper.DeleteAsync([context.Layout.Session(incarnation), context.Layout.Dataset(incarnation), path], cancellationToken).ConfigureAwait(false);
        }
    }
}
