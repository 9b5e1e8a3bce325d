using ZkArrow.Coordination;

namespace ZkArrow.Datasets;

/// <summary>A dataset's own record as read at one moment; commits check its stat version.</summary>
internal sealed record KnownDataset(Guid Incarnation, DatasetRecord Record, int StatVersion);

/// <summary>Reads and changes what stands in the nodes of datasets. A change is applied once, whatever becomes of its answer.</summary>
internal sealed class DatasetRecords(DatasetContext context, CommitLoop commits)
{
    /// <summary>The record as a publisher remembers it, or as the leader has it; null when the dataset is gone.</summary>
    public async ValueTask<KnownDataset?> KnownAsync(DatasetEntry entry, Guid inc, CancellationToken cancellationToken) =>
        entry.LastDataset?.Incarnation == inc
            ? entry.LastDataset
            : entry.LastDataset = await ReadAsync(inc, Freshness.Leader, cancellationToken).ConfigureAwait(false);

    /// <summary>The record; null when the dataset is gone.</summary>
    public async ValueTask<KnownDataset?> ReadAsync(Guid inc, Freshness freshness, CancellationToken cancellationToken)
    {
        string path = context.Layout.Dataset(inc);
        Node? node = await context.GetAsync(path, null, freshness, cancellationToken).ConfigureAwait(false);
        return node == null ? null : new KnownDataset(inc, RecordCodec.Read(node.Data, RecordJson.Default.DatasetRecord, path), node.StatVersion);
    }

    /// <summary>The owner record of an incarnation and its stat version; null when it was dropped.</summary>
    public async ValueTask<Owner?> OwnerAsync(Guid inc, CancellationToken cancellationToken)
    {
        string path = context.Layout.Own(inc);
        Node? node = await context.GetAsync(path, null, Freshness.Session, cancellationToken).ConfigureAwait(false);
        OwnRecord? record = node == null ? null : RecordCodec.Read(node.Data, RecordJson.Default.OwnRecord, path);
        return record == null || record.State == OwnRecord.Dropped ? null : new Owner(inc, record, node!.StatVersion);
    }

    /// <summary>Changes the record of a dataset.</summary>
    /// <param name="entry">The dataset.</param>
    /// <param name="find">Its head; throws when there is none.</param>
    /// <param name="change">The new record of the old one.</param>
    /// <param name="version">A version that must be there for it; 0 for none.</param>
    /// <param name="call">The call.</param>
    public async ValueTask ChangeAsync(DatasetEntry entry, Func<ValueTask<Head>> find, Func<DatasetRecord, DatasetRecord> change, long version, Call call)
    {
        context.RequireAnnounce();
        string id = context.NextCommitId();
        while (true)
        {
            Head head = await find().ConfigureAwait(false);
            Guid inc = head.Incarnation;
            Task<Owner?> owning = OwnerAsync(inc, call.Token).AsTask();
            KnownDataset? known = await ReadAsync(inc, Freshness.Leader, call.Token).ConfigureAwait(false);
            if (await owning.ConfigureAwait(false) is not { } owner || known == null)
                continue; // dropped since: the name tells
            DatasetRecord next = change(known.Record).ChangedBy(id);
            bool joins = next.NeedsTending && next.Tended == null;
            if (joins)
                next = next with { Tended = true };
            List<TreeOp> operations =
            [
                TreeOp.Set(context.Layout.Dataset(inc), RecordCodec.Write(next, RecordJson.Default.DatasetRecord), known.StatVersion),
                TreeOp.Check(context.Layout.Own(inc), owner.StatVersion),
            ];
            if (joins)
                operations.Add(Tended(inc, next.Name));
            if (version != 0)
                operations.Add(TreeOp.Check(context.Layout.Version(inc, version), TreeOp.Exists));
            if (await SendAsync(operations, known, id, call).ConfigureAwait(false) is not { } refused)
            {
                context.Board.Announce(inc);
                entry.LastDataset = null;
                return;
            }

            if (joins && refused is { RefusedAt: 2, Refusal: TreeRefusal.NoNode })
                await commits.EnsureAsync([context.Layout.AllTended], call.Token).ConfigureAwait(false);
            else if (version != 0 && refused.RefusedAt == operations.Count - 1)
                throw Reader.MissingVersion(entry.Name, version, head.Version);
            else if (refused.Refusal is not (TreeRefusal.BadVersion or TreeRefusal.NoNode))
                throw CommitLoop.Unexpected(refused, $"changing the record of '{entry.Name}'");
        }
    }

    public TreeOp Tended(Guid inc, string name) =>
        TreeOp.Create(context.Layout.Tended(inc), RecordCodec.Write(new TendedRecord(ZnodeLayout.Format, name), RecordJson.Default.TendedRecord));

    /// <summary>Null when the change was applied, else its refusal, which is final: the stat version was consumed by another one.</summary>
    private async ValueTask<TreeAnswer?> SendAsync(List<TreeOp> operations, KnownDataset known, string id, Call call)
    {
        bool lost = false;
        while (true)
        {
            try
            {
                TreeAnswer answer = await context.Coordinator.CommitAsync(operations, call.Token).ConfigureAwait(false);
                bool applied = answer.Committed || (lost && await WasAppliedAsync(known, id, call.Token).ConfigureAwait(false));
                call.MayBeApplied = false;
                return applied ? null : answer;
            }
            catch (CoordinatorException e)
            {
                lost |= e.MayBeApplied;
                call.MayBeApplied = lost;
                if (e.Status == ZkArrowStatus.Cancelled)
                    throw new OperationCanceledException(e.Message, e, call.Token);
                if (e.Status is not (ZkArrowStatus.Unavailable or ZkArrowStatus.SessionExpired))
                    throw;
            }

            await Task.Delay(10, call.Token).ConfigureAwait(false);
        }
    }

    /// <summary>Whether it was our change that followed the record as we knew it: the ids of the last changes tell.</summary>
    private async ValueTask<bool> WasAppliedAsync(KnownDataset known, string id, CancellationToken cancellationToken)
    {
        KnownDataset? now = await ReadAsync(known.Incarnation, Freshness.Majority, cancellationToken).ConfigureAwait(false);
        int since = now == null ? -1 : now.StatVersion - known.StatVersion;
        if (since == 0)
            return false;
        return (now?.Record.ChangeBefore(since - 1) ?? throw new ZkArrowException(
            ZkArrowStatus.Unavailable,
            $"the answer to changing the dataset '{known.Record.Name}' was lost and too much has happened to it since; describe it to find out")
        { IsOutcomeUnknown = true }) == id;
    }
}
