using System.Text.RegularExpressions;

namespace ZkArrow.Architecture.Tests.Rules;

/// <summary>R1 and R5: what C and C++ headers may include.</summary>
internal static partial class IncludeRule
{
    private static readonly string[] OfTheContract = ["<stddef.h>", "<stdint.h>", "\"arrow_c_data.h\""];

    /// <summary>zkarrow.h depends on nothing but the Arrow C structs.</summary>
    public static IEnumerable<string> Contract(SourceFile header) =>
        Includes(header.Text).Where(include => !OfTheContract.Contains(include))
            .Select(include => $"{header.Path}: includes {include}; zkarrow.h depends on nothing");

    /// <summary>The C++ binding depends on its own headers, on zkarrow.h and on the standard library.</summary>
    public static IEnumerable<string> Binding(SourceFile header) =>
        Includes(header.Text).Where(include => !Standard().IsMatch(include) && !include.StartsWith("<zkarrow/", StringComparison.Ordinal))
            .Select(include => $"{header.Path}: includes {include}; a binding sees zkarrow.h and the standard library only");

    private static IEnumerable<string> Includes(string text) =>
        Directive().Matches(text).Select(match => match.Groups[1].Value);

    [GeneratedRegex("""^\s*#\s*include\s*(<[^>]*>|"[^"]*")""", RegexOptions.Multiline)]
    private static partial Regex Directive();

    [GeneratedRegex("^<[a-z_]+>$")]
    private static partial Regex Standard();
}
