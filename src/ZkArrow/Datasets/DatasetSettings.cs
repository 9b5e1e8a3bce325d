using ZkArrow.Coordination;

namespace ZkArrow.Datasets;

/// <summary>What is decided about datasets: options, tags and lifetimes, as changes of their records.</summary>
internal sealed class DatasetSettings(HeadCache heads, Publisher publisher, DatasetRecords datasets, Catalog catalog)
{
    public async ValueTask ConfigureAsync(string name, DatasetOptions options, Call call)
    {
        DatasetEntry entry = heads[name];
        await datasets.ChangeAsync(
            entry, () => publisher.EnsureDatasetAsync(entry, call), record => Configured(record, options), version: 0, call).ConfigureAwait(false);
    }

    public async ValueTask TagAsync(string name, long version, string tag, Call call)
    {
        if (version < 1)
            throw new ZkArrowException(ZkArrowStatus.InvalidArgument, $"the version to tag was {version}; versions are numbered from 1");
        VersionLabels.Tag(tag);
        DatasetEntry entry = heads[name];
        await datasets.ChangeAsync(entry, () => FindAsync(entry, call), record => record.Tag([tag], version), version, call).ConfigureAwait(false);
    }

    public async ValueTask UntagAsync(string name, string tag, Call call)
    {
        VersionLabels.Tag(tag);
        DatasetEntry entry = heads[name];
        await datasets.ChangeAsync(entry, () => FindAsync(entry, call), record => record.Untag(tag), version: 0, call).ConfigureAwait(false);
    }

    public async ValueTask<DatasetDescription> DescribeAsync(string name, Call call)
    {
        DatasetEntry entry = heads[name];
        while (true)
        {
            Head head = await FindAsync(entry, call).ConfigureAwait(false);
            Guid inc = head.Incarnation;
            KnownDataset? dataset = await datasets.ReadAsync(inc, Freshness.Session, call.Token).ConfigureAwait(false);
            Owner? owner = await datasets.OwnerAsync(inc, call.Token).ConfigureAwait(false);
            if (dataset == null || owner == null)
                continue;
            IReadOnlyList<Manifest> versions = await catalog.ManifestsAsync(inc, call.Token).ConfigureAwait(false);
            DatasetRecord record = dataset.Record;
            return new DatasetDescription(
                name,
                head.Manifest == null ? null : DatasetVersion.From(head.Manifest) with { Tags = record.TagsOf(head.Version) },
                versions.Count,
                versions.Where(v => v.IsInline).Sum(v => v.Bytes) + versions.SelectMany(v => v.Segments).DistinctBy(s => s.File).Sum(s => s.Bytes),
                DateTimeOffset.UnixEpoch.AddTicks(record.CreatedAtUs * TimeSpan.TicksPerMicrosecond),
                new Retention { Versions = record.KeepVersions, Age = Lifetimes.Time(record.KeepAgeUs), Bytes = record.KeepBytes },
                SchemaPolicies.Parse(record.SchemaPolicy),
                Lifetimes.Of(record),
                Lifetimes.Time(record.TtlUs),
                owner.Record.Epoch,
                owner.Record.State == OwnRecord.Owned,
                record.Tags ?? new Dictionary<string, long>());
        }
    }

    private static async ValueTask<Head> FindAsync(DatasetEntry entry, Call call) =>
        await entry.StrictHeadAsync(call.Token).ConfigureAwait(false) ?? throw Reader.Missing(entry.Name);

    private static DatasetRecord Configured(DatasetRecord record, DatasetOptions options)
    {
        if (options.Retention is { } keep)
            record = record with { KeepVersions = keep.Versions, KeepAgeUs = keep.Age is { } age ? Lifetimes.Microseconds(age) : null, KeepBytes = keep.Bytes };
        if (options.SchemaPolicy is { } policy)
            record = record with { SchemaPolicy = SchemaPolicies.Text(policy) };
        if (options.TimeToLive is not { } ttl)
            return record;
        return record.IsOfSession
            ? throw new ZkArrowException(ZkArrowStatus.InvalidArgument, $"the dataset '{record.Name}' goes with the session that made it and can have no time to live; drop it first")
            : record with { TtlUs = ttl == TimeSpan.Zero ? null : Lifetimes.Microseconds(ttl) };
    }
}
