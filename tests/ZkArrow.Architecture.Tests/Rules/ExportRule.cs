using System.Text.RegularExpressions;

namespace ZkArrow.Architecture.Tests.Rules;

/// <summary>R4: an export zeroes its outputs, passes the guard, checks pointers, and lets no exception out.</summary>
internal static partial class ExportRule
{
    /// <summary>They return constants, and work in every process.</summary>
    private static readonly string[] Constants = ["zka_abi_version", "zka_version_string", "zka_status_name"];

    public static IEnumerable<string> Violations(SourceFile file) =>
        Export().Matches(CSharpText.WithoutComments(file.Text)).SelectMany(export => Violations(file.Path, export));

    private static IEnumerable<string> Violations(string path, Match export)
    {
        string name = export.Groups["entry"].Value;
        string body = export.Groups["body"].Value;
        if (Constants.Contains(name))
            yield break;
        int guard = body.IndexOf("Guard.Enter(", StringComparison.Ordinal);
        int attempt = body.IndexOf("        try\n", StringComparison.Ordinal);
        if (guard < 0 || attempt < guard)
            yield return $"{path}: {name} does not pass the guard before it tries anything";
        if (export.Groups["result"].Value == "int" && !body.Contains("catch (Exception e)", StringComparison.Ordinal))
            yield return $"{path}: {name} lets exceptions out";
        if (!export.Groups["parameters"].Value.Contains("@out", StringComparison.Ordinal))
            yield break;
        int zeroed = body.IndexOf("Output.Clear", StringComparison.Ordinal);
        if (zeroed < 0 || zeroed > guard)
            yield return $"{path}: {name} does not zero its output before anything can fail";
        if (!Checked().IsMatch(body))
            yield return $"{path}: {name} does not check its output for NULL";
    }

    [GeneratedRegex(
        """\[UnmanagedCallersOnly\(EntryPoint = "(?<entry>\w+)".*?\)\]\s+internal static (?<result>\S+) \w+\((?<parameters>.*?)\)(?<body>\s*(?:=>[^;]*;|\{.*?\n    \}))""",
        RegexOptions.Singleline)]
    private static partial Regex Export();

    [GeneratedRegex(@"Argument\.(NotNull|Sized)\(@out\)")]
    private static partial Regex Checked();
}
