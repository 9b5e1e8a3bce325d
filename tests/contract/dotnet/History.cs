using System.Text.Json.Nodes;

namespace ZkArrow.ContractDriver;

/// <summary>Options of datasets and what is told of them, as JSON.</summary>
internal static class History
{
    public static JsonObject Audit(IReadOnlyList<DatasetVersion> versions) => new()
    {
        ["versions"] = new JsonArray([.. versions.Select(version => new JsonObject
        {
            ["version"] = version.Number,
            ["author"] = version.Author,
            ["parent_commit_id"] = version.ParentCommitId ?? "",
            ["code_tag"] = version.CodeTag ?? "",
            ["tags"] = new JsonArray([.. version.Tags.Select(tag => (JsonNode)tag)]),
            ["metadata"] = new JsonObject(version.Metadata.Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)pair.Value))),
        })]),
    };

    public static DatasetOptions Options(JsonObject request) => new()
    {
        Retention = request.Any(field => field.Key.StartsWith("keep_", StringComparison.Ordinal))
            ? new Retention { Versions = (long?)request["keep_versions"], Age = Time(request, "keep_age_ms"), Bytes = (long?)request["keep_bytes"] }
            : null,
        SchemaPolicy = (string?)request["schema_policy"] is { } policy ? Enum.Parse<SchemaPolicy>(policy, ignoreCase: true) : null,
        TimeToLive = Time(request, "ttl_ms"),
    };

    public static JsonObject Describe(DatasetDescription told) => new()
    {
        ["head"] = told.Head?.Number ?? 0,
        ["versions"] = told.Versions,
        ["bytes"] = told.Bytes,
        ["keep_versions"] = told.Retention.Versions ?? 0,
        ["keep_age_ms"] = (long)(told.Retention.Age?.TotalMilliseconds ?? 0),
        ["keep_bytes"] = told.Retention.Bytes ?? 0,
        ["schema_policy"] = told.SchemaPolicy.ToString().ToLowerInvariant(),
        ["lifetime"] = told.Lifetime.ToString().ToLowerInvariant(),
        ["ttl_ms"] = (long)(told.TimeToLive?.TotalMilliseconds ?? 0),
        ["owned"] = told.IsOwned,
        ["tags"] = new JsonObject(told.Tags.Select(tag => KeyValuePair.Create(tag.Key, (JsonNode?)tag.Value))),
    };

    public static Lifetime? LifetimeOf(JsonObject request) =>
        request["ttl_ms"] != null ? Lifetime.Ttl : (string?)request["lifetime"] is { } text ? Enum.Parse<Lifetime>(text, ignoreCase: true) : null;

    public static TimeSpan? Time(JsonObject request, string field) =>
        (long?)request[field] is { } milliseconds ? TimeSpan.FromMilliseconds(milliseconds) : null;
}
