using System.Diagnostics;
using ZkArrow.Coordination;

namespace ZkArrow.Datasets;

/// <summary>How one try to commit ended: with a version, or with a definite no.</summary>
internal readonly record struct CommitOutcome(Manifest? Committed, bool SchemaGone = false);

/// <summary>
/// Sends a commit until its outcome is known. A lost answer is resolved by sending the very same commit again: every
/// copy consumes the same stat version, or makes the same incarnation, so at most one is ever applied, and a refusal is
/// final. Then the commit ids kept with the head, or the incarnation's own node, tell whether the winner was this commit
/// itself. A plain read never decides.
/// </summary>
internal sealed class CommitLoop(DatasetContext context)
{
    /// <summary>Less than the time for which the node of a dropped incarnation is kept, see <see cref="Sweeper"/>.</summary>
    private static readonly TimeSpan ResendBound = TimeSpan.FromMinutes(30);

    /// <summary>Makes the dataset with its first version.</summary>
    public async ValueTask<CommitOutcome> CreateAsync(DatasetEntry entry, Draft draft, bool newSchema, Call call)
    {
        ZnodeLayout layout = context.Layout;
        Guid inc = Guid.NewGuid();
        Manifest manifest = draft.Prepare(inc, version: 1, epoch: 0);
        HeadRecord head = HeadRecord.After(null, manifest);
        long now = manifest.AtUs;
        List<TreeOp> commit =
        [
            .. SchemaCheck(draft, newSchema),
            TreeOp.Create(layout.Dataset(inc), RecordCodec.Write(new DatasetRecord(ZnodeLayout.Format, entry.Name, now), RecordJson.Default.DatasetRecord)),
            TreeOp.Create(layout.Own(inc), RecordCodec.Write(new OwnRecord(ZnodeLayout.Format, 0, OwnRecord.Free), RecordJson.Default.OwnRecord)),
            TreeOp.Create(layout.Head(inc), RecordCodec.Write(head, RecordJson.Default.HeadRecord)),
            TreeOp.Create(layout.Versions(inc), default),
            TreeOp.Create(layout.Version(inc, 1), RecordCodec.WriteVersion(manifest, draft.InlineFile)),
            TreeOp.Create(layout.Name(entry.Name), RecordCodec.Write(new NameRecord(ZnodeLayout.Format, inc), RecordJson.Default.NameRecord)),
        ];
        while (true)
        {
            (TreeAnswer answer, bool lost) = await SendAsync(commit, draft, entry.Name, manifest, call).ConfigureAwait(false);
            if (answer.Committed || (lost && await IsMadeAsync(inc, draft, call).ConfigureAwait(false)))
                return Applied(entry, draft, manifest, new Head(inc, head, StatVersion: 0, context.Board.Read(inc)));
            if (answer.Refusal == TreeRefusal.NoNode && !IsSchemaCheck(answer, newSchema))
            {
                await EnsureAsync([layout.NameBucket(entry.Name), layout.DatasetBucket(inc)], call.Token).ConfigureAwait(false);
                continue;
            }

            return Refused(answer, newSchema, entry.Name);
        }
    }

    /// <summary>Makes the next version of a dataset that exists.</summary>
    public async ValueTask<CommitOutcome> AdvanceAsync(DatasetEntry entry, Head head, Draft draft, bool newSchema, Call call)
    {
        ZnodeLayout layout = context.Layout;
        Guid inc = head.Incarnation;
        Owner? owner = await OwnerAsync(entry, inc, call.Token).ConfigureAwait(false);
        if (owner == null)
            return default;
        if (owner.Record.State == OwnRecord.Owned)
            throw new ZkArrowException(ZkArrowStatus.NotOwner, $"the dataset '{entry.Name}' has an owner (epoch {owner.Record.Epoch}); publish as its owner, or wait until it is released");
        long version = head.Version + 1;
        Manifest manifest = draft.Prepare(inc, version, owner.Record.Epoch);
        HeadRecord next = HeadRecord.After(head.Record, manifest);
        List<TreeOp> commit =
        [
            .. SchemaCheck(draft, newSchema),
            TreeOp.Check(layout.Own(inc), owner.StatVersion),
            TreeOp.Set(layout.Head(inc), RecordCodec.Write(next, RecordJson.Default.HeadRecord), head.StatVersion),
            TreeOp.Create(layout.Version(inc, version), RecordCodec.WriteVersion(manifest, draft.InlineFile)),
        ];
        (TreeAnswer answer, bool lost) = await SendAsync(commit, draft, entry.Name, manifest, call).ConfigureAwait(false);
        if (answer.Committed)
            return Applied(entry, draft, manifest, new Head(inc, next, answer.StatVersions[commit.Count - 2], context.Board.Read(inc)));
        if (lost && await FindAsync(inc, version, draft, entry.Name, call).ConfigureAwait(false) is { } found)
            return Applied(entry, draft, manifest, found);
        entry.LastOwner = null;
        return Refused(answer, newSchema, entry.Name);
    }

    /// <summary>Makes plain nodes that are only places, and never removed.</summary>
    public async ValueTask EnsureAsync(IEnumerable<string> paths, CancellationToken cancellationToken)
    {
        foreach (string path in paths)
        {
            TreeAnswer answer = await DatasetContext.RetryAsync(
                t => context.Coordinator.CommitAsync([TreeOp.Create(path, default)], t), cancellationToken).ConfigureAwait(false);
            if (answer.Refusal is not (TreeRefusal.None or TreeRefusal.NodeExists))
                throw Unexpected(answer, $"making {path}");
        }
    }

    /// <summary>The answer, and whether an earlier one was lost: then a refusal may have been caused by ourselves.</summary>
    private async ValueTask<(TreeAnswer Answer, bool Lost)> SendAsync(List<TreeOp> commit, Draft draft, string name, Manifest manifest, Call call)
    {
        bool lost = false;
        long start = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                TreeAnswer answer = await context.Coordinator.CommitAsync(commit, call.Token).ConfigureAwait(false);
                call.MayBeApplied = lost && !answer.Committed;
                return (answer, lost);
            }
            catch (CoordinatorException e)
            {
                lost |= e.MayBeApplied;
                call.MayBeApplied = draft.Keep = lost;
                if (e.Status == ZkArrowStatus.Cancelled)
                    throw new OperationCanceledException(e.Message, e, call.Token);
                if (e.Status is not (ZkArrowStatus.Unavailable or ZkArrowStatus.SessionExpired))
                    throw;
            }

            if (lost && Stopwatch.GetElapsedTime(start) > ResendBound)
                throw Indeterminate(name, manifest.Version, "no answer came for half an hour");
            await Task.Delay(10, call.Token).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// After a refusal that followed a lost answer: the head that has our commit in it or behind it, or null when the
    /// commit definitely lost.
    /// </summary>
    private async ValueTask<Head?> FindAsync(Guid inc, long version, Draft draft, string name, Call call)
    {
        string path = context.Layout.Head(inc);
        Node? node = await context.GetAsync(path, null, sync: true, call.Token).ConfigureAwait(false);
        if (node == null)
            throw Indeterminate(name, version, "the dataset was dropped meanwhile");
        HeadRecord record = RecordCodec.Read(node.Data, RecordJson.Default.HeadRecord, path);
        string? winner = record.CommitOf(version);
        if (winner == null && record.Manifest.Version >= version)
            throw Indeterminate(name, version, $"the head is at {record.Manifest.Version} already, too far to tell");
        call.MayBeApplied = draft.Keep = false;
        return winner == draft.Commit ? new Head(inc, record, node.StatVersion, context.Board.Read(inc)) : null;
    }

    /// <summary>
    /// After a refusal that followed a lost answer: nobody else makes this incarnation, and its node outlives a drop for
    /// longer than an answer is waited for. So if it is there we made it, whatever happened to it since.
    /// </summary>
    private async ValueTask<bool> IsMadeAsync(Guid inc, Draft draft, Call call)
    {
        bool made = await context.GetAsync(context.Layout.Dataset(inc), null, sync: true, call.Token).ConfigureAwait(false) != null;
        call.MayBeApplied = draft.Keep = false;
        return made;
    }

    /// <summary>What we committed, and the head as it stands after it.</summary>
    private CommitOutcome Applied(DatasetEntry entry, Draft draft, Manifest committed, Head head)
    {
        draft.Keep = true;
        context.Board.Announce(head.Incarnation);
        head = head with { Board = context.Board.Read(head.Incarnation) };
        entry.Committed(head);
        if (committed is { Epoch: 0, Version: 1 })
            entry.LastOwner = new Owner(head.Incarnation, new OwnRecord(ZnodeLayout.Format, 0, OwnRecord.Free), StatVersion: 0);
        return new CommitOutcome(committed);
    }

    private static CommitOutcome Refused(TreeAnswer answer, bool newSchema, string name)
    {
        if (IsSchemaCheck(answer, newSchema))
            return new CommitOutcome(null, SchemaGone: true);
        return answer.Refusal is TreeRefusal.NodeExists or TreeRefusal.BadVersion or TreeRefusal.NoNode
            ? default
            : throw Unexpected(answer, $"committing '{name}'");
    }

    private async ValueTask<Owner?> OwnerAsync(DatasetEntry entry, Guid inc, CancellationToken cancellationToken)
    {
        if (entry.LastOwner?.Incarnation == inc)
            return entry.LastOwner;
        string path = context.Layout.Own(inc);
        Node? node = await DatasetContext.RetryAsync(t => context.Coordinator.GetAsync(path, null, t), cancellationToken).ConfigureAwait(false);
        if (node == null)
            return null;
        OwnRecord record = RecordCodec.Read(node.Data, RecordJson.Default.OwnRecord, path);
        return record.State == OwnRecord.Dropped ? null : entry.LastOwner = new Owner(inc, record, node.StatVersion);
    }

    private IEnumerable<TreeOp> SchemaCheck(Draft draft, bool newSchema) =>
        newSchema ? [TreeOp.Check(context.Layout.Schema(draft.SchemaId), TreeOp.Exists)] : [];

    private static bool IsSchemaCheck(TreeAnswer answer, bool newSchema) => newSchema && !answer.Committed && answer.RefusedAt == 0;

    public static ZkArrowException Unexpected(TreeAnswer answer, string doing) => new(
        answer.KeeperCode == -102 ? ZkArrowStatus.PermissionDenied : ZkArrowStatus.Internal,
        answer.KeeperCode == -102
            ? $"{doing} was not allowed by the access rights of the tree; connect with credentials that may"
            : $"{doing} failed with ZooKeeper code {answer.KeeperCode} at operation {answer.RefusedAt}; report this as a defect")
    {
        KeeperCode = answer.KeeperCode,
    };

    private static ZkArrowException Indeterminate(string name, long version, string why) =>
        new(ZkArrowStatus.Unavailable, $"the answer to publishing version {version} of '{name}' was lost and {why}; read the history to find out")
        {
            IsOutcomeUnknown = true,
        };
}
