namespace ZkArrow.Cli.Doctor;

/// <summary>The files by which Linux tells about a host, below a root that tests may plant.</summary>
internal sealed class HostFiles(string root)
{
    /// <summary>The text of a file; null when there is none, or none for this user.</summary>
    public string? Read(string path)
    {
        try
        {
            return File.ReadAllText(At(path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    public IEnumerable<string> Lines(string path) => Read(path)?.Split('\n', StringSplitOptions.RemoveEmptyEntries) ?? [];

    public bool HasDirectory(string path) => Directory.Exists(At(path));

    /// <summary>What is in a directory, with the paths as they were given; nothing when this user may not see it.</summary>
    public IReadOnlyList<string> Entries(string directory)
    {
        try
        {
            return [.. Directory.EnumerateFileSystemEntries(At(directory)).Select(path => $"{directory}/{Path.GetFileName(path)}")];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private string At(string path) => root + path.TrimStart('/');
}
