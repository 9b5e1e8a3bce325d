using Microsoft.Extensions.Logging;
using ZkArrow.Coordination;
using ZkArrow.Ownership;

namespace ZkArrow.Datasets;

/// <summary>
/// Takes versions and datasets away: the record first, in one commit that also fences every writer, the bytes second.
/// Whoever dies in between leaves garbage that the sweep finds, never a record without bytes.
/// </summary>
internal sealed partial class Dropper(DatasetContext context, HeadCache heads, Catalog catalog, Reader reader, SegmentRecords records, DatasetRecords datasets)
{
    private const int DeletesPerCommit = 100;

    private readonly OwnNodes _own = new(context);

    public async ValueTask DropAsync(string name, long version, Call call)
    {
        context.RequireAnnounce();
        DatasetEntry entry = heads[name];
        Guid? sent = null;
        while (true)
        {
            Head? head = await entry.StrictHeadAsync(call.Token).ConfigureAwait(false);
            if (sent is { } gone && head?.Incarnation != gone)
            {
                // the answer was lost and what was to be dropped is gone; whatever has the name now is another dataset
                call.MayBeApplied = false;
                if (version == 0)
                    await FinishAsync(entry, gone, call.Token).ConfigureAwait(false);
                return;
            }

            if (head == null)
                throw Reader.Missing(name);
            if (await _own.RequireFreeAsync(name, head.Incarnation, call.Token).ConfigureAwait(false) is not { } own)
                continue; // somebody else has just dropped it: the name tells
            try
            {
                bool done = version == 0
                    ? await DropDatasetAsync(entry, head, own, call).ConfigureAwait(false)
                    : await DropVersionAsync(name, head, version, own.StatVersion, sent != null, call).ConfigureAwait(false);
                if (done)
                    return;
            }
            catch (CoordinatorException e)
            {
                if (e.MayBeApplied)
                    sent = head.Incarnation;
                call.MayBeApplied |= e.MayBeApplied;
                if (e.Status is not (ZkArrowStatus.Unavailable or ZkArrowStatus.SessionExpired))
                    throw;
                await Task.Delay(10, call.Token).ConfigureAwait(false);
            }
        }
    }

    private async ValueTask<bool> DropDatasetAsync(DatasetEntry entry, Head head, OwnNode own, Call call)
    {
        ZnodeLayout layout = context.Layout;
        OwnRecord dropped = new(ZnodeLayout.Format, own.Record.Epoch + 1, OwnRecord.Dropped);
        DroppedRecord todo = new(ZnodeLayout.Format, entry.Name, DatasetContext.NowUs());
        TreeAnswer answer = await context.Coordinator.CommitAsync(
            [
                TreeOp.Set(layout.Own(head.Incarnation), RecordCodec.Write(dropped, RecordJson.Default.OwnRecord), own.StatVersion),
                TreeOp.Delete(layout.Name(entry.Name), TreeOp.Exists),
                TreeOp.Create(layout.Dropped(head.Incarnation), RecordCodec.Write(todo, RecordJson.Default.DroppedRecord)),
            ],
            call.Token).ConfigureAwait(false);
        if (!answer.Committed)
        {
            return answer.Refusal is TreeRefusal.BadVersion or TreeRefusal.NoNode
                ? false
                : throw CommitLoop.Unexpected(answer, $"dropping '{entry.Name}'");
        }

        call.MayBeApplied = false;
        await FinishAsync(entry, head.Incarnation, call.Token).ConfigureAwait(false);
        return true;
    }

    /// <summary>What follows the commit of a drop; whoever dies here leaves it to the next sweep.</summary>
    private async ValueTask FinishAsync(DatasetEntry entry, Guid incarnation, CancellationToken cancellationToken)
    {
        context.Board.Announce(incarnation);
        entry.MarkNameChanged();
        try
        {
            await CollectAsync(incarnation, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is CoordinatorException or OperationCanceledException or ZkArrowException)
        {
            LogUncollected(context.Logger, incarnation, e.Message);
        }
    }

    private async ValueTask<bool> DropVersionAsync(string name, Head head, long version, int ownVersion, bool lost, Call call)
    {
        if (version == head.Version)
            throw new ZkArrowException(ZkArrowStatus.Conflict, $"version {version} is the head of '{name}'; publish a newer one first, or drop the dataset");
        Manifest? manifest = (await reader.ReadRecordAsync(head.Incarnation, version, call.Token).ConfigureAwait(false))?.Manifest;
        if (manifest == null)
            return lost ? true : throw Reader.MissingVersion(name, version, head.Version);
        if (await datasets.ReadAsync(head.Incarnation, Freshness.Session, call.Token).ConfigureAwait(false) is not { } dataset)
            return false;
        if (dataset.Record.TagsOf(version) is [var tag, ..])
            throw new ZkArrowException(ZkArrowStatus.Conflict, $"version {version} of '{name}' has the tag '{tag}', which protects it; remove the tag first");
        TreeAnswer answer = await context.Coordinator.CommitAsync(
            [
                TreeOp.Check(context.Layout.Own(head.Incarnation), ownVersion),
                TreeOp.Check(context.Layout.Dataset(head.Incarnation), dataset.StatVersion),
                TreeOp.Delete(context.Layout.Version(head.Incarnation, version), TreeOp.Exists),
            ],
            call.Token).ConfigureAwait(false);
        if (!answer.Committed)
        {
            return answer.Refusal is TreeRefusal.BadVersion or TreeRefusal.NoNode
                ? false
                : throw CommitLoop.Unexpected(answer, $"dropping version {version} of '{name}'");
        }

        // after a lost answer the manifest is gone, and the sweep finds the files
        try
        {
            foreach (SegmentRecord segment in manifest.Segments)
            {
                if (!await records.HaveAsync(segment.File, Freshness.Session, call.Token).ConfigureAwait(false))
                    context.Places.Retire(segment.File);
            }
        }
        catch (Exception e) when (e is CoordinatorException or OperationCanceledException or ZkArrowException)
        {
            LogUncollected(context.Logger, head.Incarnation, e.Message);
        }

        return true;
    }

    /// <summary>
    /// Removes what is left of a dropped incarnation: nodes, children first, then files. May be repeated. Its own node
    /// stays for the sweep to remove.
    /// </summary>
    public async ValueTask CollectAsync(Guid incarnation, CancellationToken cancellationToken)
    {
        ZnodeLayout layout = context.Layout;

        // the owner record goes last, so without it there is nothing left: every sweep comes by here, for an hour after a drop
        if (await context.GetAsync(layout.Own(incarnation), null, Freshness.Session, cancellationToken).ConfigureAwait(false) != null)
        {
            foreach (long[] chunk in (await catalog.VersionsAsync(incarnation, cancellationToken).ConfigureAwait(false) ?? []).Chunk(DeletesPerCommit))
                await DeleteAsync([.. chunk.Select(number => layout.Version(incarnation, number))], cancellationToken).ConfigureAwait(false);
            await DeleteAsync([layout.Lock(incarnation)], cancellationToken).ConfigureAwait(false); // of an owner that was there when its time ran out
            await DeleteAsync(
                [layout.Versions(incarnation), layout.Head(incarnation), layout.Own(incarnation)],
                cancellationToken).ConfigureAwait(false);
        }

        // the files of this host are still there when another host collected the nodes
        context.Places.RemoveIncarnation(ZnodeLayout.Hex(incarnation));
    }

    /// <summary>Deletes in one commit; where somebody else has deleted some already, one by one.</summary>
    public async ValueTask DeleteAsync(string[] paths, CancellationToken cancellationToken)
    {
        TreeOp[] deletes = [.. paths.Select(path => TreeOp.Delete(path, TreeOp.Exists))];
        TreeAnswer answer = await DatasetContext.RetryAsync(t => context.Coordinator.CommitAsync(deletes, t), cancellationToken).ConfigureAwait(false);
        if (answer.Committed || deletes.Length == 1)
            return;
        foreach (TreeOp delete in deletes)
            await DatasetContext.RetryAsync(t => context.Coordinator.CommitAsync([delete], t), cancellationToken).ConfigureAwait(false);
    }

    [LoggerMessage(EventId = 120, Level = LogLevel.Warning, Message = "What was dropped of incarnation {Incarnation} was not collected ({Reason}); the next sweep removes it")]
    private static partial void LogUncollected(ILogger logger, Guid incarnation, string reason);
}
