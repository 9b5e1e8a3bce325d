using ZkArrow.Coordination;
using ZkArrow.Ownership;

namespace ZkArrow.Datasets;

/// <summary>Makes the parts of commits: checks what can be checked before, puts the bytes in place, and words the operations.</summary>
internal sealed class PartMaker(DatasetContext context, SchemaStore schemas, SpaceReport space, DatasetRecords datasets, Lifetimes lifetimes)
{
    private readonly OwnNodes _own = new(context);

    /// <summary>
    /// The next version on a head as it is remembered, which may be old: the commit finds out. Null when it is known to
    /// have gone, and must be read again. A dataset that is made gets <paramref name="incarnation"/>, or one of its own.
    /// </summary>
    public async ValueTask<CommitPart?> MakeAsync(
        DatasetEntry entry, Head? head, IDraftMaker drafts, PublishOptions options, Call call, Guid? incarnation = null)
    {
        OwnerTerm? owner = options.Owner?.Term;
        owner?.ThrowUnlessOf(context, entry.Name);
        head = await CheckExpectedAsync(entry, head, options.ExpectedVersion, call).ConfigureAwait(false);
        if (options.SameSchema && head?.Manifest is { } current)
            await schemas.RequireSameAsync(drafts.Schema, current.Schema, entry.Name, call.Token).ConfigureAwait(false);
        if (owner != null && owner.Incarnation != head?.Incarnation)
        {
            await owner.ThrowIfDeposedAsync(call.Token).ConfigureAwait(false);
            return null;
        }

        KnownDataset? dataset = null;
        if (head != null)
        {
            dataset = await datasets.KnownAsync(entry, head.Incarnation, call.Token).ConfigureAwait(false);
            if (dataset == null)
                return null;
            await lifetimes.RequireAsync(dataset, options, call.Token).ConfigureAwait(false);
            if (head.Manifest is { } before)
                await schemas.RequireAdmittedAsync(drafts.Schema, before.Schema, dataset.Record, call.Token).ConfigureAwait(false);
        }

        if (await drafts.OnAsync(head, call).ConfigureAwait(false) is not { } draft)
            return null;
        bool newSchema = head?.Manifest?.Schema != drafts.Schema.Fingerprint
            && await schemas.IntroduceAsync(drafts.Schema, call).ConfigureAwait(false);
        try
        {
            return head == null
                ? First(entry, incarnation ?? Guid.NewGuid(), draft, newSchema, options)
                : await NextAsync(entry, head, dataset!, draft, newSchema, options, call.Token).ConfigureAwait(false);
        }
        catch (ZkArrowException e) when (e.Status == ZkArrowStatus.NoSpace)
        {
            throw await space.ExplainAsync(e, context.Places.DirectoryOf(draft.Residency), call.Token).ConfigureAwait(false);
        }
    }

    /// <summary>A dataset with no version yet.</summary>
    public CommitPart Empty(DatasetEntry entry)
    {
        Guid inc = Guid.NewGuid();
        DatasetRecord record = new(ZnodeLayout.Format, entry.Name, DatasetContext.NowUs());
        List<TreeOp> operations = [];
        AddDataset(operations, record, inc, HeadRecord.Empty, null);
        return new CommitPart
        {
            Entry = entry,
            Incarnation = inc,
            Head = HeadRecord.Empty,
            Operations = operations,
            HeadAt = 2,
            IsNew = true,
            Dataset = new KnownDataset(inc, record, 0),
        };
    }

    /// <summary>A dataset with its first version.</summary>
    private CommitPart First(DatasetEntry entry, Guid inc, Draft draft, bool newSchema, PublishOptions options)
    {
        Manifest manifest = Described(draft.Prepare(inc, version: 1, epoch: 0), null, options);
        HeadRecord head = HeadRecord.After(null, manifest);
        DatasetRecord record = Lifetimes.Made(new DatasetRecord(ZnodeLayout.Format, entry.Name, manifest.AtUs), options).Tag(options.Tags, 1);
        List<TreeOp> operations = SchemaCheck(draft, newSchema);
        int headAt = operations.Count + 2;
        AddDataset(operations, record, inc, head, TreeOp.Create(context.Layout.Version(inc, 1), RecordCodec.WriteVersion(manifest, draft.InlineFile)));
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
            Dataset = new KnownDataset(inc, record, 0),
        };
    }

    private async ValueTask<CommitPart?> NextAsync(
        DatasetEntry entry, Head head, KnownDataset dataset, Draft draft, bool newSchema, PublishOptions options, CancellationToken cancellationToken)
    {
        ZnodeLayout layout = context.Layout;
        Guid inc = head.Incarnation;
        OwnerTerm? owner = options.Owner?.Term;
        if ((owner?.Fence ?? await FreeAsync(entry, inc, cancellationToken).ConfigureAwait(false)) is not { } fence)
            return null;
        long version = head.Version + 1;
        Manifest manifest = Described(draft.Prepare(inc, version, owner?.Epoch ?? 0), head.Manifest, options);
        HeadRecord next = HeadRecord.After(head.Record, manifest);
        IReadOnlyList<Manifest> victims = RetentionKeeper.VictimsOf(entry, dataset, manifest);
        List<TreeOp> operations = SchemaCheck(draft, newSchema);
        operations.Add(TreeOp.Check(layout.Own(inc), fence));
        int headAt = operations.Count;
        operations.Add(TreeOp.Set(layout.Head(inc), RecordCodec.Write(next, RecordJson.Default.HeadRecord), head.StatVersion));
        operations.Add(TreeOp.Create(layout.Version(inc, version), RecordCodec.WriteVersion(manifest, draft.InlineFile)));
        dataset = AddRecord(operations, dataset, manifest, options.Tags);
        operations.AddRange(victims.Select(victim => TreeOp.Delete(layout.Version(inc, victim.Version), TreeOp.Exists)));
        return new CommitPart
        {
            Entry = entry,
            Incarnation = inc,
            Head = next,
            Operations = operations,
            HeadAt = headAt,
            IsNew = false,
            Draft = draft,
            ChecksSchema = newSchema,
            Owner = owner,
            Dataset = dataset,
            Victims = victims,
        };
    }

    /// <summary>The nodes of a new dataset; the name comes last: with it, it can be found.</summary>
    private void AddDataset(List<TreeOp> operations, DatasetRecord record, Guid inc, HeadRecord head, TreeOp? version)
    {
        ZnodeLayout layout = context.Layout;
        operations.Add(TreeOp.Create(layout.Dataset(inc), RecordCodec.Write(record, RecordJson.Default.DatasetRecord)));
        operations.Add(TreeOp.Create(layout.Own(inc), RecordCodec.Write(OwnRecord.AtFirst, RecordJson.Default.OwnRecord)));
        operations.Add(TreeOp.Create(layout.Head(inc), RecordCodec.Write(head, RecordJson.Default.HeadRecord)));
        operations.Add(TreeOp.Create(layout.Versions(inc), default));
        if (version is { } first)
            operations.Add(first);
        if (record.Tended == true)
            operations.Add(datasets.Tended(inc, record.Name));
        if (record.IsOfSession)
            operations.Add(TreeOp.CreateBound(layout.Session(inc), default));
        byte[] name = RecordCodec.Write(new NameRecord(ZnodeLayout.Format, inc), RecordJson.Default.NameRecord);
        operations.Add(record.IsOfSession ? TreeOp.CreateBound(layout.Name(record.Name), name) : TreeOp.Create(layout.Name(record.Name), name));
    }

    /// <summary>
    /// Checks the dataset's own record, or gives it the version's tags. A dataset of a session is checked to be there: its
    /// name may be gone and this client may not have heard.
    /// </summary>
    private KnownDataset AddRecord(List<TreeOp> operations, KnownDataset dataset, Manifest manifest, IReadOnlyList<string> tags)
    {
        string path = context.Layout.Dataset(dataset.Incarnation);
        if (dataset.Record.IsOfSession)
            operations.Add(TreeOp.Check(context.Layout.Session(dataset.Incarnation), TreeOp.Exists));
        if (tags.Count == 0)
        {
            operations.Add(TreeOp.Check(path, dataset.StatVersion));
            return dataset;
        }

        DatasetRecord tagged = dataset.Record.Tag(tags, manifest.Version).ChangedBy(manifest.Commit);
        operations.Add(TreeOp.Set(path, RecordCodec.Write(tagged, RecordJson.Default.DatasetRecord), dataset.StatVersion));
        return new KnownDataset(dataset.Incarnation, tagged, dataset.StatVersion + 1);
    }

    /// <summary>A manifest with what is told of where it comes from.</summary>
    private Manifest Described(Manifest manifest, Manifest? before, PublishOptions options) => manifest with
    {
        Parent = before?.Commit,
        Code = context.CodeTag,
        Metadata = options.Metadata.Count == 0 ? null : options.Metadata,
    };

    private List<TreeOp> SchemaCheck(Draft draft, bool newSchema) =>
        newSchema ? [TreeOp.Check(context.Layout.Schema(draft.SchemaId), TreeOp.Exists)] : [];

    /// <summary>The fence of a dataset that nobody owns, as it is remembered or read; null when the dataset was dropped.</summary>
    private async ValueTask<int?> FreeAsync(DatasetEntry entry, Guid inc, CancellationToken cancellationToken)
    {
        Owner? known = entry.LastOwner;
        if (known?.Incarnation != inc)
        {
            if (await _own.RequireFreeAsync(entry.Name, inc, cancellationToken).ConfigureAwait(false) is not { } own)
                return null;
            known = entry.LastOwner = new Owner(inc, own.Record, own.StatVersion);
        }

        return known.StatVersion;
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
