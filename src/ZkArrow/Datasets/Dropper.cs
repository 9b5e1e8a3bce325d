using Microsoft.Extensions.Logging;
using ZkArrow.Coordination;

namespace ZkArrow.Datasets;

/// <summary>
/// Takes versions and datasets away: the record first, in one commit that also fences every writer, the bytes second.
/// Whoever dies in between leaves garbage that the sweep finds, never a record without bytes.
/// </summary>
internal sealed partial class Dropper(DatasetContext context, HeadCache heads, Catalog catalog, Reader reader)
{
    private const int DeletesPerCommit = 100;

    public async ValueTask DropAsync(string name, long version, Call call)
    {
        DatasetEntry entry = heads[name];
        bool lost = false;
        while (true)
        {
            Head? head = await entry.StrictHeadAsync(call.Token).ConfigureAwait(false);
            if (head == null)
            {
                // the first try, whose answer was lost, may be what removed it
                if (lost && version == 0)
                    return;
                throw Reader.Missing(name);
            }

            string ownPath = context.Layout.Own(head.Incarnation);
            Node? own = await DatasetContext.RetryAsync(t => context.Coordinator.GetAsync(ownPath, null, t), call.Token).ConfigureAwait(false);
            if (own == null)
                continue;
            OwnRecord record = RecordCodec.Read(own.Data, RecordJson.Default.OwnRecord, ownPath);
            if (record.State == OwnRecord.Owned)
                throw new ZkArrowException(ZkArrowStatus.NotOwner, $"the dataset '{name}' has an owner (epoch {record.Epoch}); drop it as its owner, or wait until it is released");
            try
            {
                bool done = version == 0
                    ? await DropDatasetAsync(entry, head, record, own.StatVersion, call).ConfigureAwait(false)
                    : await DropVersionAsync(name, head, version, own.StatVersion, lost, call).ConfigureAwait(false);
                if (done)
                    return;
            }
            catch (CoordinatorException e) when (e.Status is ZkArrowStatus.Unavailable or ZkArrowStatus.SessionExpired)
            {
                lost = call.MayBeApplied |= e.MayBeApplied;
                await Task.Delay(10, call.Token).ConfigureAwait(false);
            }
        }
    }

    private async ValueTask<bool> DropDatasetAsync(DatasetEntry entry, Head head, OwnRecord own, int ownVersion, Call call)
    {
        OwnRecord dropped = new(ZnodeLayout.Format, own.Epoch + 1, OwnRecord.Dropped);
        TreeAnswer answer = await context.Coordinator.CommitAsync(
            [
                TreeOp.Set(context.Layout.Own(head.Incarnation), RecordCodec.Write(dropped, RecordJson.Default.OwnRecord), ownVersion),
                TreeOp.Delete(context.Layout.Name(entry.Name), TreeOp.Exists),
            ],
            call.Token).ConfigureAwait(false);
        if (!answer.Committed)
        {
            return answer.Refusal is TreeRefusal.BadVersion or TreeRefusal.NoNode
                ? false
                : throw CommitLoop.Unexpected(answer, $"dropping '{entry.Name}'");
        }

        call.MayBeApplied = false;
        context.Board.Announce(head.Incarnation);
        entry.MarkNameChanged();
        try
        {
            await CollectAsync(head.Incarnation, call.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is CoordinatorException or OperationCanceledException)
        {
            // the dataset is dropped; what is left of it is garbage for the next sweep
            LogUncollected(context.Logger, head.Incarnation, e.Message);
        }

        return true;
    }

    private async ValueTask<bool> DropVersionAsync(string name, Head head, long version, int ownVersion, bool lost, Call call)
    {
        if (version == head.Version)
            throw new ZkArrowException(ZkArrowStatus.Conflict, $"version {version} is the head of '{name}'; publish a newer one first, or drop the dataset");
        Manifest? manifest = (await reader.ReadRecordAsync(head.Incarnation, version, call.Token).ConfigureAwait(false))?.Manifest;
        if (manifest == null)
            return lost ? true : throw Reader.MissingVersion(name, version, head.Version);
        TreeAnswer answer = await context.Coordinator.CommitAsync(
            [
                TreeOp.Check(context.Layout.Own(head.Incarnation), ownVersion),
                TreeOp.Delete(context.Layout.Version(head.Incarnation, version), TreeOp.Exists),
            ],
            call.Token).ConfigureAwait(false);
        if (!answer.Committed)
        {
            return answer.Refusal is TreeRefusal.BadVersion or TreeRefusal.NoNode
                ? false
                : throw CommitLoop.Unexpected(answer, $"dropping version {version} of '{name}'");
        }

        foreach (SegmentRecord segment in manifest.Segments)
            context.Directory.Unlink(segment.File);
        return true;
    }

    /// <summary>Removes what is left of a dropped incarnation: nodes, children first, then files. May be repeated.</summary>
    public async ValueTask CollectAsync(Guid incarnation, CancellationToken cancellationToken)
    {
        ZnodeLayout layout = context.Layout;
        foreach (long[] chunk in (await catalog.VersionsAsync(incarnation, cancellationToken).ConfigureAwait(false) ?? []).Chunk(DeletesPerCommit))
            await DeleteAsync([.. chunk.Select(number => layout.Version(incarnation, number))], cancellationToken).ConfigureAwait(false);
        await DeleteAsync(
            [layout.Versions(incarnation), layout.Head(incarnation), layout.Own(incarnation), layout.Dataset(incarnation)],
            cancellationToken).ConfigureAwait(false);
        context.Directory.RemoveIncarnation(ZnodeLayout.Hex(incarnation));
    }

    /// <summary>Deletes in one commit; where somebody else has deleted some already, one by one.</summary>
    private async ValueTask DeleteAsync(string[] paths, CancellationToken cancellationToken)
    {
        TreeOp[] deletes = [.. paths.Select(path => TreeOp.Delete(path, TreeOp.Exists))];
        TreeAnswer answer = await DatasetContext.RetryAsync(t => context.Coordinator.CommitAsync(deletes, t), cancellationToken).ConfigureAwait(false);
        if (answer.Committed)
            return;
        foreach (TreeOp delete in deletes)
            await DatasetContext.RetryAsync(t => context.Coordinator.CommitAsync([delete], t), cancellationToken).ConfigureAwait(false);
    }

    [LoggerMessage(EventId = 20, Level = LogLevel.Warning, Message = "Dropped incarnation {Incarnation} was not collected ({Reason}); the next sweep removes it")]
    private static partial void LogUncollected(ILogger logger, Guid incarnation, string reason);
}
