using ZkArrow.Coordination;

namespace ZkArrow.Datasets;

/// <summary>A dataset among those of a cut, as it was read.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Incarnation">What the name pointed to.</param>
/// <param name="MadeAt">The commit that made the name point there.</param>
/// <param name="Head">Its head.</param>
/// <param name="ReadAt">The last commit by which both were still so.</param>
internal sealed record CutDataset(string Name, Guid Incarnation, long MadeAt, HeadRecord Head, long ReadAt);

/// <summary>Reads the heads of many datasets with all requests in flight at once, together with the commits at which they were so.</summary>
internal sealed class HeadSet(DatasetContext context, HeadCache heads)
{
    /// <summary>
    /// The datasets in the order of their names, null for one that does not exist. Every commit that was acknowledged anywhere before
    /// the call is in it: the session's server catches up first, and again when the connection is lost in between.
    /// </summary>
    public ValueTask<CutDataset?[]> ReadAsync(IReadOnlyList<string> names, CancellationToken cancellationToken) => DatasetContext.RetryAsync(
        async token =>
        {
            // sent before the reads and answered before them; nothing is gained by waiting in between
            Task caughtUp = context.Coordinator.AgreeAsync(token).AsTask();
            Task<CutDataset?[]> found = Catalog.ForEachAsync(names, ReadOneAsync, token).AsTask();
            await Task.WhenAll(caughtUp, found).ConfigureAwait(false);
            return await found.ConfigureAwait(false);
        },
        cancellationToken);

    private async ValueTask<CutDataset?> ReadOneAsync(string name, CancellationToken cancellationToken)
    {
        string path = context.Layout.Name(name);
        Guid? guess = heads[name].LastKnown?.Incarnation;
        Task<Node?>? early = guess is { } known ? ReadHeadAsync(known, cancellationToken) : null;
        while (true)
        {
            Task<Node?> reading = context.Coordinator.GetAsync(path, null, cancellationToken).AsTask();
            await Task.WhenAll(reading, early ?? Task.CompletedTask).ConfigureAwait(false);
            if (await reading.ConfigureAwait(false) is not { } node)
                return null;
            Guid incarnation = RecordCodec.Read(node.Data, RecordJson.Default.NameRecord, path).Inc;
            Node? head = incarnation == guess && early != null
                ? await early.ConfigureAwait(false)
                : await ReadHeadAsync(incarnation, cancellationToken).ConfigureAwait(false);
            if (head != null)
                return new CutDataset(name, incarnation, node.CreatedAt, RecordCodec.ReadHead(head, context.Layout.Head(incarnation)), Math.Min(node.ReadAt, head.ReadAt));
            early = null; // dropped since the name was read: the name tells
        }
    }

    private Task<Node?> ReadHeadAsync(Guid incarnation, CancellationToken cancellationToken) =>
        context.Coordinator.GetAsync(context.Layout.Head(incarnation), null, cancellationToken).AsTask();
}
