using ZkArrow.Coordination;

namespace ZkArrow.Datasets;

/// <summary>
/// Looks after the datasets on the list of those that end by themselves, or whose versions do: those of sessions that
/// ended, those to which nothing was published for too long, and versions that are no longer kept. Safe to run anywhere
/// at any time: each end is one commit that checks what it was decided on.
/// </summary>
internal sealed class Tender(DatasetContext context, Catalog catalog, DatasetRecords datasets, RetentionKeeper retention, Dropper dropper)
{
    /// <summary>Tends datasets of the list, at most so many: any of them.</summary>
    public async ValueTask TendAsync(int most, CancellationToken cancellationToken)
    {
        if (!context.Board.CanAnnounce)
            return; // who may not write here can remove no bytes

        // once for all that is read below: a session never sees less than it saw
        await DatasetContext.RetryAsync(
            async token =>
            {
                await context.Coordinator.SyncAsync(token).ConfigureAwait(false);
                return true;
            },
            cancellationToken).ConfigureAwait(false);
        Guid[] all =
        [
            .. (await catalog.ChildrenAsync(context.Layout.AllTended, cancellationToken).ConfigureAwait(false) ?? [])
                .Select(child => Guid.TryParseExact(child, "N", out Guid inc) ? inc : Guid.Empty)
                .Where(inc => inc != Guid.Empty),
        ];
        Random.Shared.Shuffle(all);
        await Catalog.ForEachAsync(
            all[..Math.Min(most, all.Length)],
            async (inc, token) =>
            {
                await TendAsync(inc, token).ConfigureAwait(false);
                return true;
            },
            cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask TendAsync(Guid inc, CancellationToken cancellationToken)
    {
        ZnodeLayout layout = context.Layout;
        KnownDataset? dataset = await datasets.ReadAsync(inc, Freshness.Session, cancellationToken).ConfigureAwait(false);
        Owner? owner = await datasets.OwnerAsync(inc, cancellationToken).ConfigureAwait(false);
        if (dataset == null || owner == null)
        {
            await dropper.DeleteAsync([layout.Tended(inc)], cancellationToken).ConfigureAwait(false);
            return;
        }

        if (dataset.Record.IsOfSession)
        {
            if (await context.GetAsync(layout.Session(inc), null, Freshness.Session, cancellationToken).ConfigureAwait(false) == null)
            {
                // the name went with the session, in one commit; the node under it could never be made again
                await EndAsync(dataset, owner, [], cancellationToken).ConfigureAwait(false);
                return;
            }
        }
        else if (dataset.Record.TtlUs is { } ttl)
        {
            Node? node = await context.GetAsync(layout.Head(inc), null, Freshness.Session, cancellationToken).ConfigureAwait(false);
            if (node == null)
                return;
            long last = RecordCodec.Read(node.Data, RecordJson.Default.HeadRecord, layout.Head(inc)).Manifest?.AtUs ?? dataset.Record.CreatedAtUs;
            if (DatasetContext.NowUs() - last > ttl)
            {
                await EndAsync(
                    dataset,
                    owner,
                    [TreeOp.Check(layout.Head(inc), node.StatVersion), TreeOp.Delete(layout.Name(dataset.Record.Name), TreeOp.Exists)],
                    cancellationToken).ConfigureAwait(false);
                return;
            }
        }

        await retention.ApplyAsync(null, inc, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Drops a dataset, unless anything of it has changed meanwhile; the next round looks again.</summary>
    private async ValueTask EndAsync(KnownDataset dataset, Owner owner, TreeOp[] with, CancellationToken cancellationToken)
    {
        ZnodeLayout layout = context.Layout;
        Guid inc = dataset.Incarnation;
        OwnRecord dropped = new(ZnodeLayout.Format, owner.Record.Epoch + 1, OwnRecord.Dropped);
        DroppedRecord todo = new(ZnodeLayout.Format, dataset.Record.Name, DatasetContext.NowUs());
        TreeOp[] operations =
        [
            TreeOp.Check(layout.Dataset(inc), dataset.StatVersion),
            TreeOp.Set(layout.Own(inc), RecordCodec.Write(dropped, RecordJson.Default.OwnRecord), owner.StatVersion),
            TreeOp.Create(layout.Dropped(inc), RecordCodec.Write(todo, RecordJson.Default.DroppedRecord)),
            TreeOp.Delete(layout.Tended(inc), TreeOp.Exists),
            .. with,
        ];
        TreeAnswer answer = await DatasetContext.RetryAsync(t => context.Coordinator.CommitAsync(operations, t), cancellationToken).ConfigureAwait(false);
        if (!answer.Committed)
            return; // after a lost answer too: the list of what was dropped has it
        context.Board.Announce(inc);
        await dropper.CollectAsync(inc, cancellationToken).ConfigureAwait(false);
    }
}
