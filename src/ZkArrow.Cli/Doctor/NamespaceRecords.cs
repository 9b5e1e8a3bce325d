using ZkArrow.Coordination;
using ZkArrow.Datasets;

namespace ZkArrow.Cli.Doctor;

/// <summary>The records of a namespace, to be compared with the files of a data directory.</summary>
internal sealed class NamespaceRecords(ICoordinator coordinator, ZnodeLayout layout)
{
    /// <summary>Catches up with the leader: what is asked afterwards has every commit acknowledged before.</summary>
    public ValueTask CatchUpAsync(CancellationToken cancellationToken) => coordinator.SyncAsync(cancellationToken);

    /// <summary>The manifest that names a segment; null when none does.</summary>
    public async ValueTask<Manifest?> ManifestOfAsync(string file, CancellationToken cancellationToken)
    {
        if (!SegmentRecords.TryParse(file, out Guid incarnation, out long version))
            return null;
        string path = layout.Version(incarnation, version);
        Node? node = await coordinator.GetAsync(path, null, cancellationToken).ConfigureAwait(false);
        Manifest? manifest = node == null ? null : RecordCodec.ReadVersion(node.Data, path, out _);
        return manifest?.Segments.Any(segment => segment.File == file) == true ? manifest : null;
    }
}
