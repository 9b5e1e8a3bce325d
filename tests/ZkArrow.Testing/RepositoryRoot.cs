namespace ZkArrow.Testing;

/// <summary>Finds the repository from wherever the test binary runs.</summary>
public static class RepositoryRoot
{
    private const string Marker = "ZkArrowInterop.sln";

    public static string Find()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, Marker)))
                return folder.FullName;
        }

        throw new InvalidOperationException(
            $"No folder above '{AppContext.BaseDirectory}' holds {Marker}; run the tests from a build inside the repository.");
    }
}
