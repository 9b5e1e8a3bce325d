using System.Xml.Linq;

namespace ZkArrow.Architecture.Tests.Rules;

/// <summary>R2, R3, R4: what each shipped project may refer to.</summary>
internal static class ProjectRule
{
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["ZkArrow.ZooKeeper"] = ["Microsoft.Extensions.Logging.Abstractions"],
        ["ZkArrow"] = ["ZkArrow.ZooKeeper", "Apache.Arrow", "SourceGear.sqlite3"],
        ["ZkArrow.Extensions.DependencyInjection"] = ["ZkArrow", "Microsoft.Extensions.Diagnostics.HealthChecks"],
        ["ZkArrow.Sql"] = ["ZkArrow", "Apache.Arrow"],
        ["ZkArrow.Native"] = ["ZkArrow", "ZkArrow.Sql", "DuckDB.NET.Bindings.Full"],
        ["ZkArrow.Cli"] = ["ZkArrow", "System.CommandLine", "Spectre.Console"],
    };

    public static IEnumerable<string> Violations(SourceFile project)
    {
        string name = Path.GetFileNameWithoutExtension(project.Path);
        if (!Allowed.TryGetValue(name, out string[]? allowed))
            return [$"{project.Path}: there is no rule for {name}; say in ProjectRule what it may refer to"];
        return XDocument.Parse(project.Text).Descendants()
            .Where(element => element.Name.LocalName is "ProjectReference" or "PackageReference" or "Reference")
            .Select(element => (string?)element.Attribute("Include") ?? "")
            .Select(target => target.EndsWith(".csproj", StringComparison.Ordinal) ? Path.GetFileNameWithoutExtension(target) : target)
            .Where(target => !allowed.Contains(target))
            .Select(target => $"{project.Path}: {name} refers to {target}");
    }
}
