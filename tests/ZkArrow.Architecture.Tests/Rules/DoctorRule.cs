using System.Text.RegularExpressions;

namespace ZkArrow.Architecture.Tests.Rules;

/// <summary>The doctor reaches behind the public API, so it may only look: it opens no client, and makes and removes nothing.</summary>
internal static partial class DoctorRule
{
    public static IEnumerable<string> Violations(SourceFile file) =>
        Changing().Matches(CSharpText.WithoutComments(file.Text)).Select(match => $"{file.Path}: the doctor only looks, and this changes something: {match.Value}");

    [GeneratedRegex("""
        \bZkArrowClient\.ConnectAsync\b|\bDataDirectory\.Open\b|\bChangeBoard\.Open\b|\bNamespaceOpener\.OpenAsync\b|\.(CommitAsync|Unlink|Retire|TryRetire|Claim|RemoveAsync|RemoveIncarnation|Rename|WritePinned)\b|\bPool\.Trim\b|\bLibc\.(unlink|rmdir|mkdir|f?chmod|linkat|renameat2|pwrite|fallocate)\b|\bFile\.(Delete|Write\w*|Append\w*|Create\w*|Move|Copy|Open\w*)\b|\bDirectory\.(Create\w*|Delete|Move)\b
        """, RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex Changing();
}
