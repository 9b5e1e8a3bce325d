using ZkArrow.Coordination;
using ZkArrow.Datasets;

namespace ZkArrow.Cli.Doctor;

/// <summary>The records of a namespace, to be compared with the files of a data directory.</summary>
internal sealed class NamespaceRecords(ICoordinator coordinator, ZnodeLayout layout)
{
    /// <summary>Catches up with the leader: what is asked afterwards has every commit acknowledged before.</summary>
    public ValueTask CatchUpAsync(CancellationToken cancellationToken) => coordinator.SyncAsync(cancellationToken);

    /// <summary>The first manifest that names a segment; null when none does.</summary>
    public async ValueTask<Manifest?> ManifestOfAsync(string file, CancellationToken cancellationToken)
    {
        if (!SegmentRecords.TryParse(file, out Guid incarnation, out long version))
            return null;
        Manifest? manifest = await SegmentRecords.FirstAsync(
            version,
            number => ReadAsync(incarnation, number, cancellationToken),
            () => RecordedAsync(incarnation, cancellationToken)).ConfigureAwait(false);
        return manifest?.Segments.Any(segment => segment.File == file) == true ? manifest : null;
    }

    private async ValueTask<IReadOnlyList<long>> RecordedAsync(Guid incarnation, CancellationToken cancellationToken) =>
        [.. (await coordinator.ChildrenAsync(layout.Versions(incarnation), cancellationToken).ConfigureAwait(false) ?? []).Select(ZnodeLayout.ParseVersion).Order()];

    private async ValueTask<Manifest?> ReadAsync(Guid incarnation, long version, CancellationToken cancellationToken)
    {
        string path = layout.Version(incarnation, version);
        Node? node = await coordinator.GetAsync(path, null, cancellationToken).ConfigureAwait(false);
        return node == null ? null : RecordCodec.ReadVersion(node, path, out _);
    }
}
