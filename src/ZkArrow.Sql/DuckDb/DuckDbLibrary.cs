using System.Runtime.InteropServices;

namespace ZkArrow.Sql.DuckDb;

/// <summary>
/// Finds libduckdb and loads it, once, when it is first needed. A process that asks no query needs none.
/// </summary>
/// <remarks>
/// The runtime of a NativeAOT library looks beside the host's executable and not beside the library, so the places are
/// spelled out here: <c>ZKARROW_DUCKDB</c>, the folder of libzkarrow, the application's folder, the system's libraries.
/// </remarks>
internal static class DuckDbLibrary
{
    public const string Variable = "ZKARROW_DUCKDB";
    private const string FileName = "libduckdb.so";
    private static readonly Lazy<nint> Loaded = new(Load);

    /// <summary>A folder to look into first; libzkarrow sets its own.</summary>
    public static string? OwnFolder { get; set; }

    /// <summary>The library.</summary>
    /// <exception cref="ZkArrowException">Unsupported: there is none, or it is not one.</exception>
    public static nint Handle => Loaded.Value;

    /// <summary>A function of it.</summary>
    public static nint Function(string name) => NativeLibrary.TryGetExport(Handle, name, out nint function)
        ? function
        : throw new ZkArrowException(ZkArrowStatus.Unsupported, $"the libduckdb that was found has no {name}; SQL needs version 1.5 or later");

    private static nint Load()
    {
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } named)
        {
            return NativeLibrary.TryLoad(named, out nint given)
                ? given
                : throw new ZkArrowException(ZkArrowStatus.Unsupported, $"{Variable} names '{named}', which could not be loaded; let it name a libduckdb.so");
        }

        foreach (string place in Places())
        {
            if (NativeLibrary.TryLoad(place, out nint found))
                return found;
        }

        throw new ZkArrowException(
            ZkArrowStatus.Unsupported,
            "SQL needs DuckDB, and no libduckdb.so was found; run `dotnet add package DuckDB.NET.Bindings.Full`, or put libduckdb.so"
            + $" 1.5 or later of duckdb.org beside libzkarrow.so, or let {Variable} name it");
    }

    private static IEnumerable<string> Places()
    {
        string runtime = $"runtimes/linux-{RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant()}/native";
        foreach (string? folder in (string?[])[OwnFolder, AppContext.BaseDirectory])
        {
            if (folder == null)
                continue;
            yield return Path.Combine(folder, FileName);
            yield return Path.Combine(folder, runtime, FileName);
        }

        yield return FileName;
    }
}
