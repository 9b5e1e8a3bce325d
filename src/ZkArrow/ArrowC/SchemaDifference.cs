using System.Text;

namespace ZkArrow.ArrowC;

/// <summary>Finds the first thing in which two schemas differ, and says it in a sentence.</summary>
internal static class SchemaDifference
{
    /// <summary>A sentence naming the first differing field, or null when the schemas are equal.</summary>
    /// <remarks>The name and the flags of dictionary values mean nothing, and IPC does not carry them.</remarks>
    public static string? First(SchemaNode actual, SchemaNode expected, bool isDictionary = false)
    {
        if (ReferenceEquals(actual, expected)) return null;
        if (actual.Type.Format != expected.Type.Format || actual.Dictionary is null != expected.Dictionary is null)
            return $"{Start(actual)} has type {actual.TypeName} where {expected.TypeName} was expected.";
        if (!isDictionary && Meaning(actual) != Meaning(expected))
            return $"{Start(actual)} is {Flags(actual)} where {Flags(expected)} was expected.";
        if (actual.Children.Length != expected.Children.Length)
            return $"{Start(actual)} has {Children(actual)} where {Children(expected)} were expected{Extra(actual, expected)}.";
        for (int i = 0; i < actual.Children.Length; i++)
        {
            if (!actual.Children[i].Name.AsSpan().SequenceEqual(expected.Children[i].Name))
                return $"Field {i + 1} of {Inside(actual)} is '{Text(actual.Children[i])}' where '{Text(expected.Children[i])}' was expected.";
            if (First(actual.Children[i], expected.Children[i]) is string difference) return difference;
        }
        if (actual.Dictionary is not null && First(actual.Dictionary, expected.Dictionary!, isDictionary: true) is string inner) return inner;
        return actual.Metadata.AsSpan().SequenceEqual(expected.Metadata) ? null : $"{Start(actual)} has other metadata than expected.";
    }

    private static string Start(SchemaNode node) => node.Path.Length == 0 ? "The schema" : $"Column '{node.Path}'";

    private static string Inside(SchemaNode node) => node.Path.Length == 0 ? "the schema" : $"column '{node.Path}'";

    private static string Children(SchemaNode node) => node.Children.Length == 1 ? "1 field" : $"{node.Children.Length} fields";

    private static string Text(SchemaNode node) => Encoding.UTF8.GetString(node.Name);

    /// <summary>The first field that only one side has says more than two numbers do.</summary>
    private static string Extra(SchemaNode actual, SchemaNode expected)
    {
        int common = Math.Min(actual.Children.Length, expected.Children.Length);
        for (int i = 0; i < common; i++)
        {
            if (!actual.Children[i].Name.AsSpan().SequenceEqual(expected.Children[i].Name))
                return $"; field {i + 1} is '{Text(actual.Children[i])}' where '{Text(expected.Children[i])}' was expected";
        }
        return actual.Children.Length > common
            ? $"; '{Text(actual.Children[common])}' is not expected"
            : $"; '{Text(expected.Children[common])}' is missing";
    }

    private static long Meaning(SchemaNode node) => node.Flags
        & (ArrowSchema.FlagNullable
            | (node.Dictionary is null ? 0 : ArrowSchema.FlagDictionaryOrdered)
            | (node.Type.Layout == ArrowLayout.Map ? ArrowSchema.FlagMapKeysSorted : 0));

    private static string Flags(SchemaNode node)
    {
        string text = node.IsNullable ? "nullable" : "not nullable";
        if (node.Dictionary is not null) text += (node.Flags & ArrowSchema.FlagDictionaryOrdered) != 0 ? ", ordered" : ", unordered";
        if (node.Type.Layout == ArrowLayout.Map) text += (node.Flags & ArrowSchema.FlagMapKeysSorted) != 0 ? ", sorted" : ", unsorted";
        return text;
    }
}
