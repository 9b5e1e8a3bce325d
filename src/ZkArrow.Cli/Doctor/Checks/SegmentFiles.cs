using ZkArrow.ArrowC;
using ZkArrow.Coordination;
using ZkArrow.Ipc;
using ZkArrow.Segments;

namespace ZkArrow.Cli.Doctor.Checks;

/// <summary>Whether every segment reads as the Arrow file it is said to be.</summary>
internal sealed class SegmentFiles : DirectoryCheck
{
    public override string Name => "segments";

    protected override async ValueTask<Finding> LookAsync(DataDirectory directory, Examination examination, CancellationToken cancellationToken)
    {
        IReadOnlyList<SegmentFile> files = directory.List();
        List<string> damaged = [];
        foreach (SegmentFile file in files)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Manifest? manifest = examination.Link?.Records is { } records
                ? await records.ManifestOfAsync(file.Name, cancellationToken).ConfigureAwait(false)
                : null;
            if (Damage(directory, file, manifest) is string damage)
                damaged.Add(manifest == null ? damage : $"{damage} (version {manifest.Version})");
        }

        return damaged.Count > 0
            ? Finding.Fail($"{damaged.Count} of {files.Count} segments in {directory.Path} are damaged.", "publish these versions again, then drop the damaged ones", damaged)
            : Finding.Ok($"{files.Count} segments in {directory.Path} ({Sizes.Bytes(files.Sum(file => file.Bytes))}) read as they should.");
    }

    private static string? Damage(DataDirectory directory, SegmentFile file, Manifest? manifest)
    {
        if (file.Bytes == 0)
            return $"{file.Name} is empty";
        SegmentRecord? record = manifest?.Segments.First(segment => segment.File == file.Name);
        if (record != null && record.Bytes != file.Bytes)
            return $"{file.Name} has {file.Bytes} bytes where its manifest says {record.Bytes}";
        try
        {
            // a sweep or a drop may have removed it since it was listed
            string? expected = record?.Commit ?? manifest?.Commit;
            string? commit = directory.TryMap(file.Name, file.Bytes) is { } mapped ? CommitOf(mapped) : expected;
            return expected != null && commit != expected ? $"{file.Name} carries commit '{commit}' where its manifest says {expected}" : null;
        }
        catch (ZkArrowException e)
        {
            return $"{file.Name}: {e.Message}";
        }
    }

    /// <summary>Reads the metadata, checked against the length, and gives the mapping back.</summary>
    private static unsafe string? CommitOf(MappedSegment mapped)
    {
        // one reference more: what was found wrong may be the zeros of a file that is truncated meanwhile
        mapped.AddRef();
        try
        {
            ArrowTable table = IpcReader.Read(mapped.Start, mapped.Length, mapped, ValidationLevel.Default, out IReadOnlyList<KeyValuePair<string, string>> footer);
            table.Release();
            mapped.ThrowIfDamaged();
            return footer.FirstOrDefault(pair => pair.Key == IpcFormat.CommitKey).Value;
        }
        finally
        {
            mapped.Dispose();
        }
    }
}
