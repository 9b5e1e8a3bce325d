using ZkArrow.Coordination;

namespace ZkArrow.Datasets;

/// <summary>Makes the parts of commits: checks what can be checked before, puts the bytes in place, and words the operations.</summary>
internal sealed class PartMaker(DatasetContext context, SchemaStore schemas, SpaceReport space)
{
    /// <summary>
    /// The next version on a head as it is remembered, which may be old: the commit finds out. Null when it is known to
    /// have gone, and must be read again. A dataset that is made gets <paramref name="incarnation"/>, or one of its own.
    /// </summary>
    public async ValueTask<CommitPart?> MakeAsync(
        DatasetEntry entry, Head? head, IDraftMaker drafts, PublishOptions options, Call call, Guid? incarnation = null)
    {
        head = await CheckExpectedAsync(entry, head, options.ExpectedVersion, call).ConfigureAwait(false);
        if (options.SameSchema && head?.Manifest is { } current)
            await schemas.RequireSameAsync(drafts.Schema, current.Schema, entry.Name, call.Token).ConfigureAwait(false);
        if (await drafts.OnAsync(head, call).ConfigureAwait(false) is not { } draft)
            return null;
        bool newSchema = head?.Manifest?.Schema != drafts.Schema.Fingerprint
            && await schemas.IntroduceAsync(drafts.Schema, call).ConfigureAwait(false);
        try
        {
            return head == null
                ? First(entry, incarnation ?? Guid.NewGuid(), draft, newSchema)
                : await NextAsync(entry, head, draft, newSchema, call.Token).ConfigureAwait(false);
        }
        catch (ZkArrowException e) when (e.Status == ZkArrowStatus.NoSpace)
        {
            throw await space.ExplainAsync(e, call.Token).ConfigureAwait(false);
        }
    }

    /// <summary>A dataset with no version yet.</summary>
    public CommitPart Empty(DatasetEntry entry)
    {
        Guid inc = Guid.NewGuid();
        List<TreeOp> operations = [];
        AddDataset(operations, entry, inc, HeadRecord.Empty, DatasetContext.NowUs());
        operations.Add(Named(entry, inc));
        return new CommitPart { Entry = entry, Incarnation = inc, Head = HeadRecord.Empty, Operations = operations, HeadAt = 2, IsNew = true };
    }

    /// <summary>A dataset with its first version.</summary>
    private CommitPart First(DatasetEntry entry, Guid inc, Draft draft, bool newSchema)
    {
        Manifest manifest = draft.Prepare(inc, version: 1, epoch: 0);
        HeadRecord head = HeadRecord.After(null, manifest);
        List<TreeOp> operations = SchemaCheck(draft, newSchema);
        int headAt = operations.Count + 2;
        AddDataset(operations, entry, inc, head, manifest.AtUs);
        operations.Add(TreeOp.Create(context.Layout.Version(inc, 1), RecordCodec.WriteVersion(manifest, draft.InlineFile)));
        operations.Add(Named(entry, inc));
        return new CommitPart
        {
            Entry = entry,
            Incarnation = inc,
            Head = head,
            Operations = operations,
            HeadAt = headAt,
            IsNew = true,
            Draft = draft,
            ChecksSchema = newSchema,
        };
    }

    private async ValueTask<CommitPart?> NextAsync(DatasetEntry entry, Head head, Draft draft, bool newSchema, CancellationToken cancellationToken)
    {
        ZnodeLayout layout = context.Layout;
        Guid inc = head.Incarnation;
        Owner? owner = await OwnerAsync(entry, inc, cancellationToken).ConfigureAwait(false);
        if (owner == null)
            return null;
        if (owner.Record.State == OwnRecord.Owned)
            throw new ZkArrowException(ZkArrowStatus.NotOwner, $"the dataset '{entry.Name}' has an owner (epoch {owner.Record.Epoch}); publish as its owner, or wait until it is released");
        long version = head.Version + 1;
        Manifest manifest = draft.Prepare(inc, version, owner.Record.Epoch);
        HeadRecord next = HeadRecord.After(head.Record, manifest);
        List<TreeOp> operations = SchemaCheck(draft, newSchema);
        operations.Add(TreeOp.Check(layout.Own(inc), owner.StatVersion));
        operations.Add(TreeOp.Set(layout.Head(inc), RecordCodec.Write(next, RecordJson.Default.HeadRecord), head.StatVersion));
        operations.Add(TreeOp.Create(layout.Version(inc, version), RecordCodec.WriteVersion(manifest, draft.InlineFile)));
        return new CommitPart
        {
            Entry = entry,
            Incarnation = inc,
            Head = next,
            Operations = operations,
            HeadAt = operations.Count - 2,
            IsNew = false,
            Draft = draft,
            ChecksSchema = newSchema,
        };
    }

    private void AddDataset(List<TreeOp> operations, DatasetEntry entry, Guid inc, HeadRecord head, long now)
    {
        ZnodeLayout layout = context.Layout;
        operations.Add(TreeOp.Create(layout.Dataset(inc), RecordCodec.Write(new DatasetRecord(ZnodeLayout.Format, entry.Name, now), RecordJson.Default.DatasetRecord)));
        operations.Add(TreeOp.Create(layout.Own(inc), RecordCodec.Write(OwnRecord.AtFirst, RecordJson.Default.OwnRecord)));
        operations.Add(TreeOp.Create(layout.Head(inc), RecordCodec.Write(head, RecordJson.Default.HeadRecord)));
        operations.Add(TreeOp.Create(layout.Versions(inc), default));
    }

    /// <summary>The last operation of a new dataset: with it, it can be found.</summary>
    private TreeOp Named(DatasetEntry entry, Guid inc) =>
        TreeOp.Create(context.Layout.Name(entry.Name), RecordCodec.Write(new NameRecord(ZnodeLayout.Format, inc), RecordJson.Default.NameRecord));

    private List<TreeOp> SchemaCheck(Draft draft, bool newSchema) =>
        newSchema ? [TreeOp.Check(context.Layout.Schema(draft.SchemaId), TreeOp.Exists)] : [];

    /// <summary>The owner record as it is remembered, or read; null when the dataset was dropped.</summary>
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

    /// <summary>
    /// Refuses when the head is not the expected one, after asking the leader: what is remembered may be old. Versions
    /// only grow, so a head that is already past the expected version needs no question.
    /// </summary>
    private static async ValueTask<Head?> CheckExpectedAsync(DatasetEntry entry, Head? head, long? expected, Call call)
    {
        if (expected == null || (head?.Version ?? 0) == expected)
            return head;
        head = await entry.StrictHeadAsync(call.Token).ConfigureAwait(false);
        if ((head?.Version ?? 0) == expected)
            return head;
        if (head == null)
            throw new ZkArrowException(ZkArrowStatus.NotFound, $"the dataset '{entry.Name}' does not exist, version {expected} of it was expected; publish with expected version 0 to make it");
        if (head.Manifest is not { } winner)
            throw new ZkArrowException(ZkArrowStatus.Conflict, $"the dataset '{entry.Name}' has no version yet, version {expected} was expected; publish with expected version 0") { IsRetryable = true };
        string who = $"version {winner.Version}, published by {winner.Author} as commit {winner.Commit}";
        throw expected == 0
            ? new ZkArrowException(ZkArrowStatus.AlreadyExists, $"the dataset '{entry.Name}' exists: it is at {who}")
            : new ZkArrowException(ZkArrowStatus.Conflict, $"the dataset '{entry.Name}' is at {who}; version {expected} was expected: read it, and publish again") { IsRetryable = true };
    }
}
