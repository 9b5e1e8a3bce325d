using System.Text.RegularExpressions;

namespace ZkArrow.Architecture.Tests.Rules;

/// <summary>R7: every znode path is built in ZnodeLayout.</summary>
internal static partial class ZnodePathRule
{
    private const string Layout = "src/ZkArrow/Coordination/ZnodeLayout.cs";

    public static IEnumerable<string> Violations(SourceFile file) => file.Path == Layout
        ? []
        : CSharpText.Literals(file.Text).Where(literal => Part().IsMatch(literal))
            .Select(literal => $"{file.Path}: builds the znode path {literal}; ZnodeLayout builds them");

    [GeneratedRegex(@"/(names|schemas|head|own|hosts)\b|/d/")]
    private static partial Regex Part();
}
