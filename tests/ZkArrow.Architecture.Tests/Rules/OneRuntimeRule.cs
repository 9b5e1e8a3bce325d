using System.Text.RegularExpressions;

namespace ZkArrow.Architecture.Tests.Rules;

/// <summary>R6: no .NET process loads libzkarrow, since two runtimes in one process can block each other.</summary>
internal static partial class OneRuntimeRule
{
    public static IEnumerable<string> Violations(SourceFile file) =>
        Loading().Matches(CSharpText.WithoutComments(file.Text))
            .Select(match => $"{file.Path}: loads libzkarrow by {match.Groups[1].Value}; start a child process instead");

    [GeneratedRegex("""(DllImport|LibraryImport|NativeLibrary\.(?:Try)?Load|dlopen)\s*\(\s*[@$]*"[^"]*zkarrow(?:\.so[^"]*)?"(?!\s*\+)""")]
    private static partial Regex Loading();
}
