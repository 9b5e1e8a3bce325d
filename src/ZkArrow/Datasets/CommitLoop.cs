using System.Diagnostics;
using ZkArrow.Coordination;
using ZkArrow.Ownership;

namespace ZkArrow.Datasets;

/// <summary>How a commit ended: applied as the commit with a number, or definitely not, and which part stood in the way.</summary>
internal readonly record struct CommitOutcome(CommitPart? Refused, bool SchemaGone = false)
{
    public bool Committed => Refused == null;
}

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

    /// <summary>Called after a commit of this client, once for each part; must not block.</summary>
    public event Action<CommitPart>? Committed;

    /// <summary>Applies all parts or none.</summary>
    public async ValueTask<CommitOutcome> CommitAsync(IReadOnlyList<CommitPart> parts, Call call)
    {
        List<TreeOp> operations = [.. parts.SelectMany(part => part.Operations)];
        while (true)
        {
            (TreeAnswer answer, bool lost) = await SendAsync(operations, parts, call).ConfigureAwait(false);
            if (answer.Committed)
            {
                Applied(parts, answer);
                return default;
            }

            if (lost && await WasAppliedAsync(parts, call).ConfigureAwait(false))
            {
                await AppliedUnheardAsync(parts, call.Token).ConfigureAwait(false);
                return default;
            }

            (CommitPart refused, int at) = PartAt(parts, answer.RefusedAt);
            bool schemaGone = refused.ChecksSchema && at == 0;
            if (refused.IsNew && answer.Refusal == TreeRefusal.NoNode && !schemaGone)
            {
                ZnodeLayout layout = context.Layout;
                IEnumerable<CommitPart> made = parts.Where(part => part.IsNew);
                await EnsureAsync(
                    made.SelectMany(part => (string[])[layout.NameBucket(part.Entry.Name), layout.DatasetBucket(part.Incarnation)]).Append(layout.AllTended).Distinct(),
                    call.Token).ConfigureAwait(false);
                continue;
            }

            Forget(refused, at);
            if (refused.Owner != null && at == refused.FenceAt)
                await refused.Owner.ThrowIfDeposedAsync(call.Token).ConfigureAwait(false);
            return schemaGone || answer.Refusal is TreeRefusal.NodeExists or TreeRefusal.BadVersion or TreeRefusal.NoNode
                ? new CommitOutcome(refused, schemaGone)
                : throw Unexpected(answer, $"committing '{refused.Entry.Name}'");
        }
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

    public static ZkArrowException Unexpected(TreeAnswer answer, string doing) => new(
        answer.KeeperCode == -102 ? ZkArrowStatus.PermissionDenied : ZkArrowStatus.Internal,
        answer.KeeperCode == -102
            ? $"{doing} was not allowed by the access rights of the tree; connect with credentials that may"
            : $"{doing} failed with ZooKeeper code {answer.KeeperCode} at operation {answer.RefusedAt}; report this as a defect")
    {
        KeeperCode = answer.KeeperCode,
    };

    /// <summary>The answer, and whether an earlier one was lost: then a refusal may have been caused by ourselves.</summary>
    private async ValueTask<(TreeAnswer Answer, bool Lost)> SendAsync(List<TreeOp> commit, IReadOnlyList<CommitPart> parts, Call call)
    {
        bool lost = false;
        long start = Stopwatch.GetTimestamp();
        while (true)
        {
            // what was sent already is settled, whoever owns now; nothing is sent for an owner that may have lost
            foreach (OwnerTerm owner in lost ? [] : parts.Select(part => part.Owner).OfType<OwnerTerm>())
                await owner.RequireAsync(call).ConfigureAwait(false);
            try
            {
                TreeAnswer answer = await context.Coordinator.CommitAsync(commit, call.Token).ConfigureAwait(false);
                call.MayBeApplied = lost && !answer.Committed;
                return (answer, lost);
            }
            catch (CoordinatorException e)
            {
                lost |= e.MayBeApplied;
                call.MayBeApplied = lost;
                Keep(parts, lost);
                if (e.Status == ZkArrowStatus.Cancelled)
                    throw new OperationCanceledException(e.Message, e, call.Token);
                if (e.Status is not (ZkArrowStatus.Unavailable or ZkArrowStatus.SessionExpired))
                    throw;
            }

            if (lost && Stopwatch.GetElapsedTime(start) > ResendBound)
                throw Indeterminate(parts[0], "no answer came for half an hour");
            await Task.Delay(10, call.Token).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// After a refusal that followed a lost answer: whether it was this commit that won. All parts have one fate, so the
    /// first that can tell decides.
    /// </summary>
    private async ValueTask<bool> WasAppliedAsync(IReadOnlyList<CommitPart> parts, Call call)
    {
        ZkArrowException? doubt = null;
        foreach (CommitPart part in parts)
        {
            try
            {
                bool applied = part.IsNew
                    ? await IsMadeAsync(part, call.Token).ConfigureAwait(false)
                    : await IsInHistoryAsync(part, call.Token).ConfigureAwait(false);
                call.MayBeApplied = false;
                Keep(parts, false);
                return applied;
            }
            catch (ZkArrowException e) when (e.IsOutcomeUnknown)
            {
                doubt ??= e;
            }
        }

        throw doubt!;
    }

    private async ValueTask<bool> IsInHistoryAsync(CommitPart part, CancellationToken cancellationToken)
    {
        long version = part.Manifest!.Version;
        string path = context.Layout.Head(part.Incarnation);
        Node? node = await context.GetAsync(path, null, Freshness.Majority, cancellationToken).ConfigureAwait(false);
        if (node == null)
            throw Indeterminate(part, "the dataset was dropped meanwhile");
        HeadRecord record = RecordCodec.Read(node.Data, RecordJson.Default.HeadRecord, path);
        string? winner = record.CommitOf(version);
        return winner == null && record.Version >= version
            ? throw Indeterminate(part, $"the head is at {record.Version} already, too far to tell")
            : winner == part.Manifest.Commit;
    }

    /// <summary>
    /// Nobody else makes this incarnation, and its node outlives a drop for longer than an answer is waited for. So if it
    /// is there we made it, whatever happened to it since.
    /// </summary>
    private async ValueTask<bool> IsMadeAsync(CommitPart part, CancellationToken cancellationToken) =>
        await context.GetAsync(context.Layout.Dataset(part.Incarnation), null, Freshness.Majority, cancellationToken).ConfigureAwait(false) != null;

    /// <summary>Remembers what was committed, so that the next commit and the next read need not ask.</summary>
    private void Applied(IReadOnlyList<CommitPart> parts, TreeAnswer answer)
    {
        Keep(parts, true);
        int offset = 0;
        foreach (CommitPart part in parts)
        {
            Guid inc = part.Incarnation;
            part.Head = part.Head.CommittedAs(answer.CommittedAt);
            context.Board.Announce(inc);
            int statVersion = part.IsNew ? 0 : answer.StatVersions[offset + part.HeadAt];
            part.Entry.Committed(new Head(inc, part.Head, statVersion, context.Board.Read(inc)));
            if (part.IsNew)
                part.Entry.LastOwner = new Owner(inc, OwnRecord.AtFirst, StatVersion: 0);
            part.Entry.LastDataset = part.Dataset;
            Committed?.Invoke(part);
            offset += part.Operations.Count;
        }
    }

    /// <summary>It was applied, but others may have committed since: the heads are read again, now, so that the next commit need not.</summary>
    private async ValueTask AppliedUnheardAsync(IReadOnlyList<CommitPart> parts, CancellationToken cancellationToken)
    {
        Keep(parts, true);
        foreach (CommitPart part in parts)
        {
            context.Board.Announce(part.Incarnation);
            part.Entry.Recorded = null;
            part.Entry.MarkNameChanged();
        }

        try
        {
            foreach (CommitPart part in parts)
                await part.Entry.HeadAsync(cancellationToken).ConfigureAwait(false);

            // the number of the commit was in the answer that was lost; any of its records that is still there has it
            foreach (CommitPart part in parts.Where(part => part.Manifest != null))
            {
                string path = context.Layout.Version(part.Incarnation, part.Head.Version);
                if (await context.GetAsync(path, null, Freshness.Session, cancellationToken).ConfigureAwait(false) is not { } node)
                    continue;
                foreach (CommitPart applied in parts)
                    applied.Head = applied.Head.CommittedAs(node.CreatedAt);
                return;
            }
        }
        catch (Exception e) when (e is OperationCanceledException or CoordinatorException or ZkArrowException)
        {
            // it is applied, and that must be reported
        }
    }

    /// <summary>What was remembered and stood in the way is read again.</summary>
    private void Forget(CommitPart refused, int at)
    {
        refused.Entry.LastOwner = null;
        TreeOp operation = refused.Operations[at];
        if (operation.Path == context.Layout.Dataset(refused.Incarnation))
            refused.Entry.LastDataset = null;
        if (operation.Kind == TreeOpKind.Delete)
            refused.Entry.Recorded = null;
    }

    private static void Keep(IReadOnlyList<CommitPart> parts, bool keep)
    {
        foreach (CommitPart part in parts)
            part.Keep(keep);
    }

    private static (CommitPart Part, int At) PartAt(IReadOnlyList<CommitPart> parts, int operation)
    {
        int i = 0;
        while (operation >= parts[i].Operations.Count && i < parts.Count - 1)
            operation -= parts[i++].Operations.Count;
        return (parts[i], operation);
    }

    private static ZkArrowException Indeterminate(CommitPart part, string why) => new(
        ZkArrowStatus.Unavailable,
        $"the answer to publishing version {part.Manifest?.Version ?? 0} of '{part.Entry.Name}' was lost and {why}; read the history to find out")
    {
        IsOutcomeUnknown = true,
    };
}
