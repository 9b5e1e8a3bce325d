using System.Text.RegularExpressions;

namespace ZkArrow.Architecture.Tests.Rules;

/// <summary>C# source as far as the rules need to understand it.</summary>
internal static partial class CSharpText
{
    /// <summary>The source without its comments: what a comment speaks of is no dependency.</summary>
    public static string WithoutComments(string source) => Tokens().Replace(source, match => match.Groups["text"].Value);

    /// <summary>The string literals of the source, as written.</summary>
    public static IEnumerable<string> Literals(string source) =>
        Tokens().Matches(source).Select(match => match.Groups["text"].Value).Where(text => text.Length > 0);

    [GeneratedRegex("""(?<text>\"{3}[\s\S]*?\"{3}|@\"(?:[^\"]|\"\")*\"|\"(?:\\.|[^\"\\\n])*\")|//[^\n]*|/\*[\s\S]*?\*/|'(?<text>)\\?\"'""")]
    private static partial Regex Tokens();
}
