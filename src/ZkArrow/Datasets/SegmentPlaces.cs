using ZkArrow.Coordination;
using ZkArrow.Segments;

namespace ZkArrow.Datasets;

/// <summary>The places of a client's segments: shared memory, and, for versions that ask for it, a disk or the process itself.</summary>
internal sealed class SegmentPlaces(DataDirectory host, DataDirectory? disk)
{
    private readonly ProcessSegments _process = new();

    public DataDirectory Host => host;

    /// <summary>The directories, in which sweeps look.</summary>
    public IReadOnlyList<DataDirectory> Directories => disk == null ? [host] : [host, disk];

    /// <summary>The disk directory as the client was given it; null for none.</summary>
    public string? Disk => disk == null ? null : Path.GetDirectoryName(disk.Path);

    /// <summary>Where a version with this residency is written.</summary>
    public ISegmentPlace For(Residency residency) => residency switch
    {
        Residency.Disk => disk ?? throw new ZkArrowException(ZkArrowStatus.InvalidArgument, "disk residency was asked for, and this client has no disk directory; open it with disk_dir"),
        Residency.Process => _process,
        _ => host,
    };

    /// <summary>Where a version stands, if it stands here; null when this client cannot have it.</summary>
    public ISegmentPlace? Of(Manifest manifest) => manifest.Place switch
    {
        Residency.Disk => disk,
        Residency.Process => _process,
        _ => host,
    };

    /// <summary>The directory that a version is written into or would be: where its space is looked for.</summary>
    public DataDirectory DirectoryOf(Residency residency) => residency == Residency.Disk && disk != null ? disk : host;

    /// <summary>Takes a segment away that no version names, wherever it is.</summary>
    public void Retire(string file)
    {
        if (!_process.Unlink(file) && disk?.Unlink(file) != true)
            host.Retire(file);
    }

    /// <summary>Takes all segments of an incarnation away.</summary>
    public void RemoveIncarnation(string incarnation)
    {
        ProcessSegments.RemoveIncarnation(incarnation, _process);
        disk?.RemoveIncarnation(incarnation);
        host.RemoveIncarnation(incarnation);
    }

    /// <summary>
    /// Lets go of segments in this process that no record names any more, because another process dropped them. Their records are
    /// not looked for before they are committed or given up.
    /// </summary>
    public async ValueTask<int> ForgetDroppedAsync(Func<string, ValueTask<bool>> isRecorded)
    {
        int dropped = 0;
        foreach (string name in _process.Names)
            if (!await isRecorded(name).ConfigureAwait(false) && _process.Unlink(name))
                dropped++;
        return dropped;
    }

    public ValueTask CloseAsync()
    {
        _process.Close();
        return host.CloseAsync();
    }
}
