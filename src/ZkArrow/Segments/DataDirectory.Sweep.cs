namespace ZkArrow.Segments;

internal sealed partial class DataDirectory
{
    /// <summary>
    /// Lists what a sweep may remove: segments, and empty incarnation directories, untouched for
    /// <paramref name="grace"/> or longer. Read the records after this call, then <see cref="SweepCandidates.RemoveAsync"/>.
    /// </summary>
    internal SweepCandidates Candidates(TimeSpan grace)
    {
        var empty = new List<string>();
        foreach (string directory in Incarnations())
            if (Libc.Stat(directory, follow: false, out Libc.FileStatus status)
                && status.Age >= grace && FilesOf(directory).Length == 0)
                empty.Add(directory);
        return new SweepCandidates(Path, [.. List().Where(file => file.Age >= grace).Select(file => file.Name)], empty);
    }
}
