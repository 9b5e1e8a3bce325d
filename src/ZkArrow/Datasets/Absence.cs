using ZkArrow.Coordination;

namespace ZkArrow.Datasets;

/// <summary>Says of a recorded version whose bytes are not here where they are, or that they are lost.</summary>
internal static class Absence
{
    public static ZkArrowException Of(Manifest manifest, string file, DatasetContext context) => manifest.Place switch
    {
        Residency.Disk => OnDisk(manifest, file, context),
        Residency.Process => InProcess(manifest, context),
        _ => InMemory(manifest, file, context),
    };

    private static ZkArrowException InMemory(Manifest manifest, string file, DatasetContext context) => manifest.Boot == context.Boot
        ? new(ZkArrowStatus.DataLost, $"the segment {file} is not in {context.Directory.Path}; it was deleted, or this client's data_dir is not the publisher's")
        : new(ZkArrowStatus.NotResident, $"version {manifest.Version} is in the memory of another host or an earlier boot (published by {manifest.Author}); read it there, or publish it here");

    private static ZkArrowException OnDisk(Manifest manifest, string file, DatasetContext context)
    {
        string host = DatasetVersion.From(manifest).Host;
        string? mine = context.Places.Disk;
        if (host == Environment.MachineName && manifest.Directory == mine)
            return new(ZkArrowStatus.DataLost, $"the segment {file} is not in the disk directory {mine}; it was deleted: publish the version again");
        string where = mine == null ? "has no disk directory" : $"has the disk directory {mine}";
        return new(
            ZkArrowStatus.NotResident,
            $"version {manifest.Version} is on disk, in {manifest.Directory} of host {host}, and this client on host {Environment.MachineName} {where}; read it there with disk_dir={manifest.Directory}, or publish it with host residency");
    }

    private static ZkArrowException InProcess(Manifest manifest, DatasetContext context)
    {
        DatasetVersion version = DatasetVersion.From(manifest);
        return manifest.Author == context.Author && manifest.Boot == context.Boot
            ? new(ZkArrowStatus.DataLost, $"version {version.Number} was in the memory of this process, and the client that published it is closed; publish it again, with host residency if it is to outlive its client")
            : new(ZkArrowStatus.NotResident, $"version {version.Number} is in the memory of process {version.ProcessId} on host {version.Host} alone, and ends with it; read it in that process, or publish it with host residency");
    }
}
