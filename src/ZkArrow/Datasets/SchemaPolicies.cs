using ZkArrow.ArrowC;

namespace ZkArrow.Datasets;

/// <summary>Schema policies as records spell them, and what they refuse.</summary>
internal static class SchemaPolicies
{
    public static string? Text(SchemaPolicy policy) => policy == SchemaPolicy.None ? null : policy.ToString().ToLowerInvariant();

    /// <summary>A policy of a later version of the product is taken for the strictest.</summary>
    public static SchemaPolicy Parse(string? text) => text switch
    {
        null => SchemaPolicy.None,
        "backward" => SchemaPolicy.Backward,
        "forward" => SchemaPolicy.Forward,
        "full" => SchemaPolicy.Full,
        _ => SchemaPolicy.Exact,
    };

    /// <summary>A sentence that names the field in the way; null when the schema is admitted.</summary>
    public static string? Problem(SchemaPolicy policy, SchemaBox next, SchemaBox before)
    {
        const string Next = "the new schema", Before = "the schema of its head";
        string? problem = null;
        if (policy == SchemaPolicy.Exact)
            problem = next.FirstDifference(before) ?? "its metadata differs";
        if (policy is SchemaPolicy.Backward or SchemaPolicy.Full)
            problem = SchemaCompatibility.Problem(next.Root, before.Root, Next, Before);
        if (policy is SchemaPolicy.Forward or SchemaPolicy.Full)
            problem ??= SchemaCompatibility.Problem(before.Root, next.Root, Before, Next);
        return problem;
    }
}
