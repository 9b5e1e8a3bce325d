using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace ZkArrow.Coordination;

/// <summary>
/// The one place where znode paths are made. docs/znode-layout.md describes them; a test compares that page with a
/// live tree. Buckets of two hex digits keep every directory below ten thousand children.
/// </summary>
internal sealed class ZnodeLayout(string chroot)
{
    /// <summary>The version of this layout; a client refuses a tree of another one.</summary>
    public const int Format = 1;

    public string Root { get; } = chroot + "/zkarrow";

    public string FormatRecord => Root + "/format";

    public string Names => Root + "/names";

    public string Datasets => Root + "/d";

    public string Schemas => Root + "/schemas";

    /// <summary>What was dropped and may have to be collected: a list to work off, whoever finds the time.</summary>
    public string AllDropped => Root + "/dropped";

    public string Dropped(Guid incarnation) => $"{AllDropped}/{Hex(incarnation)}";

    /// <summary>Datasets that end by themselves, or whose versions do: a list for sweeps, whoever makes them.</summary>
    public string AllTended => Root + "/tended";

    public string Tended(Guid incarnation) => $"{AllTended}/{Hex(incarnation)}";

    public string NameBucket(string name) => $"{Names}/{Bucket(name)}";

    public string Name(string name) => $"{NameBucket(name)}/{DatasetName.Encode(name)}";

    public string DatasetBucket(Guid incarnation) => $"{Datasets}/{Hex(incarnation)[..2]}";

    public string Dataset(Guid incarnation) => $"{DatasetBucket(incarnation)}/{Hex(incarnation)}";

    public string Own(Guid incarnation) => Dataset(incarnation) + "/own";

    /// <summary>There while the owner's session lives; who contends watches it.</summary>
    public string Lock(Guid incarnation) => Own(incarnation) + "/lock";

    public string Head(Guid incarnation) => Dataset(incarnation) + "/head";

    /// <summary>Bound to the session that a dataset lives as long as.</summary>
    public string Session(Guid incarnation) => Dataset(incarnation) + "/session";

    public string Versions(Guid incarnation) => Dataset(incarnation) + "/v";

    /// <summary>Twenty digits, so that names sort as numbers do.</summary>
    public string Version(Guid incarnation, long number) =>
        Versions(incarnation) + "/" + number.ToString("D20", CultureInfo.InvariantCulture);

    public static long ParseVersion(string child) => long.Parse(child, NumberStyles.None, CultureInfo.InvariantCulture);

    public string SchemaBucket(string schemaId) => $"{Schemas}/{schemaId[..2]}";

    public string Schema(string schemaId) => $"{SchemaBucket(schemaId)}/{schemaId}";

    public static string Hex(Guid incarnation) => incarnation.ToString("N");

    private static string Bucket(string name) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name)).AsSpan(0, 1));
}
