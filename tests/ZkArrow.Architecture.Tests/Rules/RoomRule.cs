using System.Text.RegularExpressions;

namespace ZkArrow.Architecture.Tests.Rules;

/// <summary>R3: which folders of the core may know of which.</summary>
internal static class RoomRule
{
    private const string Core = "src/ZkArrow/";

    private static readonly Dictionary<string, string[]> Hidden = new()
    {
        ["ArrowC"] = ["Segments", "Coordination", "Datasets", "ZooKeeper"],
        ["Ipc"] = ["Segments", "Coordination", "Datasets", "ZooKeeper"],
        ["Loans"] = ["Coordination", "Datasets", "ZooKeeper"],
        ["Segments"] = ["Coordination", "Datasets", "ZooKeeper", "Embedded"],
        ["Coordination"] = ["ArrowC", "Ipc", "Segments", "Datasets", "Embedded"],
        ["Embedded"] = ["ArrowC", "Ipc", "Loans", "Datasets", "ZooKeeper"],
        ["Datasets"] = ["ZooKeeper", "Embedded"],
        ["Ownership"] = ["ArrowC", "Ipc", "Segments", "ZooKeeper", "Embedded"],
    };

    public static IEnumerable<string> Violations(SourceFile file)
    {
        string[] parts = file.Path[Core.Length..].Split('/');
        if (parts.Length == 1)
            return AtTheRoot(file);
        if (!Hidden.TryGetValue(parts[0], out string[]? hidden))
            return [$"{file.Path}: there is no rule for the folder {parts[0]}; say in RoomRule what it must not see"];
        return hidden.Where(room => Sees(file.Text, room)).Select(room => $"{file.Path}: {parts[0]} sees {room}");
    }

    /// <summary>The client puts the parts together; the rest of the public API is on one side or none.</summary>
    private static IEnumerable<string> AtTheRoot(SourceFile file)
    {
        bool isClient = file.Name.StartsWith("ZkArrowClient.", StringComparison.Ordinal);
        if (!isClient && Sees(file.Text, "Segments") && Sees(file.Text, "Coordination"))
            yield return $"{file.Path}: sees Segments and Coordination, which only Datasets and the client do";
    }

    /// <summary>Whether code names a namespace, with or without the ZkArrow in front that nested namespaces may leave out.</summary>
    private static bool Sees(string source, string room) =>
        Regex.IsMatch(CSharpText.WithoutComments(source), $@"(?<![\w.])(global::)?(using\s+)?ZkArrow\.{room}\b(?!\s*\{{)|(?<![\w.""]){room}\.\w");
}
