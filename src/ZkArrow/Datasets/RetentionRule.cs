using ZkArrow.Coordination;

namespace ZkArrow.Datasets;

/// <summary>
/// Which versions have to go. The head stays whatever the limits say; a version with a tag stays and does not count, so
/// that a tag keeps its version alone and pushes none out.
/// </summary>
internal static class RetentionRule
{
    /// <param name="record">The limits and the tags.</param>
    /// <param name="versions">The recorded versions, oldest first; the last one is taken for the head.</param>
    /// <param name="nowUs">The time, in microseconds since 1970.</param>
    /// <returns>The victims, oldest first.</returns>
    public static IReadOnlyList<Manifest> Victims(DatasetRecord record, IReadOnlyList<Manifest> versions, long nowUs)
    {
        if (!record.Retains)
            return [];
        HashSet<long> tagged = [.. record.Tags?.Values ?? []];
        HashSet<string> counted = new(StringComparer.Ordinal);
        List<Manifest> victims = [];
        long kept = 0, bytes = 0;
        for (int i = versions.Count - 1; i >= 0; i--)
        {
            Manifest version = versions[i];
            bool isHead = i == versions.Count - 1;
            if (tagged.Contains(version.Version) && !isHead)
                continue;
            kept++;
            bytes += version.IsInline ? version.Bytes : version.Segments.Where(segment => counted.Add(segment.File)).Sum(segment => segment.Bytes);
            if (!isHead && (kept > record.KeepVersions || bytes > record.KeepBytes || version.AtUs < nowUs - record.KeepAgeUs))
                victims.Add(version);
        }

        victims.Reverse();
        return victims;
    }

    /// <summary>
    /// The files of victims that none of the others names. The others must begin with what is left of the oldest and end with
    /// the last version that can have been handed a segment of the victims: newer ones got theirs from that one.
    /// </summary>
    public static IReadOnlyList<string> FilesOf(IEnumerable<Manifest> victims, IEnumerable<Manifest> others)
    {
        HashSet<string> named = [.. others.SelectMany(version => version.Segments).Select(segment => segment.File)];
        return [.. victims.SelectMany(version => version.Segments).Select(segment => segment.File).Distinct().Where(file => !named.Contains(file))];
    }
}
