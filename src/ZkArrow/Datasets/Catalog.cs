using ZkArrow.Coordination;

namespace ZkArrow.Datasets;

/// <summary>What datasets and versions there are.</summary>
internal sealed class Catalog(DatasetContext context, HeadCache heads, Reader reader, DatasetRecords datasets)
{
    /// <summary>Requests in flight at a time: enough to hide the round trip, few enough for the server's own window.</summary>
    private const int Window = 128;

    public async ValueTask<DatasetVersion> StatAsync(string name, long version, Call call)
    {
        DatasetEntry entry = heads[name];
        Head? head = await entry.HeadAsync(call.Token).ConfigureAwait(false);
        if (head?.Manifest == null || version > head.Version)
            head = await entry.StrictHeadAsync(call.Token).ConfigureAwait(false);
        if (head == null)
            throw Reader.Missing(name);
        if (version == 0 || version == head.Version)
            return DatasetVersion.From(head.Manifest ?? throw Reader.NoVersion(name));
        return await reader.ReadRecordAsync(head.Incarnation, version, call.Token).ConfigureAwait(false) is { } record
            ? DatasetVersion.From(record.Manifest)
            : throw Reader.MissingVersion(name, version, head.Version);
    }

    public async ValueTask<IReadOnlyList<DatasetInfo>> ListAsync(string? prefix, Call call)
    {
        IReadOnlyList<string> wanted = await NamesAsync(prefix, call.Token).ConfigureAwait(false);
        Manifest?[] found = await ForEachAsync(wanted, HeadOfAsync, call.Token).ConfigureAwait(false);
        return [.. wanted.Zip(found).Where(pair => pair.Second != null).Select(pair => new DatasetInfo(pair.First, DatasetVersion.From(pair.Second!)))];
    }

    /// <summary>The names that begin with a prefix, in order.</summary>
    public async ValueTask<IReadOnlyList<string>> NamesAsync(string? prefix, CancellationToken cancellationToken)
    {
        string names = context.Layout.Names;
        IReadOnlyList<string> buckets = await ChildrenAsync(names, cancellationToken).ConfigureAwait(false) ?? [];
        IReadOnlyList<string>?[] found = await ForEachAsync(
            buckets, (bucket, token) => ChildrenAsync($"{names}/{bucket}", token), cancellationToken).ConfigureAwait(false);
        return
        [
            .. found.SelectMany(list => list ?? [])
                .Select(DatasetName.Decode)
                .Where(name => prefix == null || name.StartsWith(prefix, StringComparison.Ordinal))
                .Order(StringComparer.Ordinal),
        ];
    }

    public async ValueTask<IReadOnlyList<DatasetVersion>> HistoryAsync(string name, Call call)
    {
        Head head = await heads[name].HeadAsync(call.Token).ConfigureAwait(false) ?? throw Reader.Missing(name);
        KnownDataset dataset = await datasets.ReadAsync(head.Incarnation, Freshness.Session, call.Token).ConfigureAwait(false) ?? throw Reader.Missing(name);
        IReadOnlyList<Manifest> versions = await ManifestsAsync(head.Incarnation, call.Token).ConfigureAwait(false);
        return [.. versions.Select(version => DatasetVersion.From(version) with { Tags = dataset.Record.TagsOf(version.Version) })];
    }

    /// <summary>The versions that are recorded, in order; none when the dataset is gone.</summary>
    public async ValueTask<IReadOnlyList<Manifest>> ManifestsAsync(Guid incarnation, CancellationToken cancellationToken)
    {
        IReadOnlyList<long> numbers = await VersionsAsync(incarnation, cancellationToken).ConfigureAwait(false) ?? [];
        (Manifest Manifest, ReadOnlyMemory<byte>)?[] found = await ForEachAsync(
            numbers, (number, token) => reader.ReadRecordAsync(incarnation, number, token), cancellationToken).ConfigureAwait(false);
        return [.. found.Where(record => record != null).Select(record => record!.Value.Manifest)];
    }

    /// <summary>The numbers of the versions that are recorded, in order; null when the dataset is gone.</summary>
    public async ValueTask<IReadOnlyList<long>?> VersionsAsync(Guid incarnation, CancellationToken cancellationToken)
    {
        IReadOnlyList<string>? children = await ChildrenAsync(context.Layout.Versions(incarnation), cancellationToken).ConfigureAwait(false);
        return children?.Select(ZnodeLayout.ParseVersion).Order().ToArray();
    }

    /// <summary>The names below a node; null when it is gone.</summary>
    public ValueTask<IReadOnlyList<string>?> ChildrenAsync(string path, CancellationToken cancellationToken) =>
        DatasetContext.RetryAsync(token => context.Coordinator.ChildrenAsync(path, token), cancellationToken);

    /// <summary>A head that is only listed: read with no watch and not remembered, so that a list of all costs no memory.</summary>
    private async ValueTask<Manifest?> HeadOfAsync(string name, CancellationToken cancellationToken)
    {
        string path = context.Layout.Name(name);
        Node? node = await DatasetContext.RetryAsync(t => context.Coordinator.GetAsync(path, null, t), cancellationToken).ConfigureAwait(false);
        if (node == null)
            return null;
        string headPath = context.Layout.Head(RecordCodec.Read(node.Data, RecordJson.Default.NameRecord, path).Inc);
        Node? head = await DatasetContext.RetryAsync(t => context.Coordinator.GetAsync(headPath, null, t), cancellationToken).ConfigureAwait(false);
        return head == null ? null : RecordCodec.ReadHead(head, headPath).Manifest;
    }

    /// <summary>Reads for every item, a window of them at a time.</summary>
    public static async ValueTask<TResult[]> ForEachAsync<T, TResult>(
        IReadOnlyList<T> items, Func<T, CancellationToken, ValueTask<TResult>> read, CancellationToken cancellationToken)
    {
        TResult[] results = new TResult[items.Count];
        await Parallel.ForAsync(
            0,
            items.Count,
            new ParallelOptions { MaxDegreeOfParallelism = Window, CancellationToken = cancellationToken },
            async (i, token) => results[i] = await read(items[i], token).ConfigureAwait(false)).ConfigureAwait(false);
        return results;
    }
}
