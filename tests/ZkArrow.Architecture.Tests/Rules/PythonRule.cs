using System.Text.RegularExpressions;

namespace ZkArrow.Architecture.Tests.Rules;

/// <summary>R5: the Python package imports itself and the standard library.</summary>
internal static partial class PythonRule
{
    public static IEnumerable<string> Violations(SourceFile module, IReadOnlySet<string> standard) =>
        Imports(module.Text).Where(name => name != "zkarrow" && !standard.Contains(name))
            .Select(name => $"{module.Path}: imports {name}; the package needs nothing but Python");

    private static IEnumerable<string> Imports(string text)
    {
        // a docstring may show what its readers import
        foreach (Match match in Statement().Matches(Docstring().Replace(text, "")))
        {
            if (match.Groups["from"].Success)
            {
                yield return Top(match.Groups["from"].Value);
                continue;
            }

            foreach (string name in match.Groups["names"].Value.Split(','))
                yield return Top(name.Trim());
        }
    }

    private static string Top(string name) => name.Split('.', ' ')[0];

    [GeneratedRegex("""^[ \t]*(?:from[ \t]+(?<from>[A-Za-z_][\w.]*)[ \t]+import|import[ \t]+(?<names>[^\n#]+))""", RegexOptions.Multiline)]
    private static partial Regex Statement();

    [GeneratedRegex("\"{3}[\\s\\S]*?\"{3}")]
    private static partial Regex Docstring();
}
