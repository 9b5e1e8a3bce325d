using ZkArrow.Coordination;
using ZkArrow.Datasets;

namespace ZkArrow.Cli.Doctor;

/// <summary>The records of a namespace, to be compared with the files of a data directory.</summary>
internal sealed class NamespaceRecords(ICoordinator coordinator, ZnodeLayout layout)
{
    /// <summary>Catches up with the leader: what is asked afterwards has every commit acknowledged before.</summary>
    public ValueTask CatchUpAsync(CancellationToken cancellationToken) => coordinator.SyncAsync(cancellationToken);

    /// <summary>
    /// The first manifest that names a segment; null when none does. Those that do follow each other from the version that
    /// it was written for, see <see cref="SegmentRecords"/>.
    /// </summary>
    public async ValueTask<Manifest?> ManifestOfAsync(string file, CancellationToken cancellationToken)
    {
        if (!SegmentRecords.TryParse(file, out Guid incarnation, out long version))
            return null;
        Manifest? manifest = await ReadAsync(incarnation, version, cancellationToken).ConfigureAwait(false);
        while (manifest == null)
        {
            IReadOnlyList<string> recorded = await coordinator.ChildrenAsync(layout.Versions(incarnation), cancellationToken).ConfigureAwait(false) ?? [];
            long next = recorded.Select(ZnodeLayout.ParseVersion).Where(number => number > version).DefaultIfEmpty().Min();
            if (next == 0)
                return null;
            manifest = await ReadAsync(incarnation, next, cancellationToken).ConfigureAwait(false);
        }

        return manifest.Segments.Any(segment => segment.File == file) ? manifest : null;
    }

    private async ValueTask<Manifest?> ReadAsync(Guid incarnation, long version, CancellationToken cancellationToken)
    {
        string path = layout.Version(incarnation, version);
        Node? node = await coordinator.GetAsync(path, null, cancellationToken).ConfigureAwait(false);
        return node == null ? null : RecordCodec.ReadVersion(node.Data, path, out _);
    }
}
