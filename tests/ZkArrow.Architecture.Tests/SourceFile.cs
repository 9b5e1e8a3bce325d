using ZkArrow.Testing;

namespace ZkArrow.Architecture.Tests;

/// <summary>One file of the repository: its path from the root, with slashes, and its text.</summary>
internal sealed record SourceFile(string Path, string Text)
{
    private static readonly HashSet<string> NotOurs = ["bin", "obj", "artifacts", "tools", ".git"];

    public string Name => System.IO.Path.GetFileName(Path);

    /// <summary>The files below a folder whose names match; none when there is no such folder.</summary>
    public static IReadOnlyList<SourceFile> Below(string folder, params string[] patterns)
    {
        string root = RepositoryRoot.Find();
        string start = System.IO.Path.Combine(root, folder);
        if (!Directory.Exists(start))
            return [];
        return
        [
            .. patterns.SelectMany(pattern => Directory.EnumerateFiles(start, pattern, SearchOption.AllDirectories))
                .Select(path => System.IO.Path.GetRelativePath(root, path))
                .Where(path => !path.Split('/').Any(NotOurs.Contains))
                .Order(StringComparer.Ordinal)
                .Select(path => new SourceFile(path, File.ReadAllText(System.IO.Path.Combine(root, path)))),
        ];
    }

    public static SourceFile At(string path) => new(path, File.ReadAllText(System.IO.Path.Combine(RepositoryRoot.Find(), path)));
}
