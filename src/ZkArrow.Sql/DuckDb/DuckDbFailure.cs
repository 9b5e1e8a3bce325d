using System.Text.Json;

namespace ZkArrow.Sql.DuckDb;

/// <summary>What DuckDB says, as a status and a sentence of one line.</summary>
internal static unsafe class DuckDbFailure
{
    private static readonly (string Kind, ZkArrowStatus Status)[] Kinds =
    [
        ("Out of Memory", ZkArrowStatus.TooLarge),
        ("Permission", ZkArrowStatus.PermissionDenied),
        ("Not implemented", ZkArrowStatus.Unsupported),
        ("INTERNAL", ZkArrowStatus.Internal),
        ("FATAL", ZkArrowStatus.Internal),
    ];

    /// <summary>A message of a statement: the kind of error, and what it was about.</summary>
    public static ZkArrowException Make(string message)
    {
        ZkArrowStatus status = StatusOf(kind => message.StartsWith($"{kind} Error:", StringComparison.Ordinal));
        string advice = status == ZkArrowStatus.TooLarge ? "; ask for less at a time, or raise the query's memory limit" : "";
        return new ZkArrowException(status, $"the query failed: {OneLine(message)}{advice}");
    }

    /// <summary>Takes an error over, and throws when it is one.</summary>
    public static void ThrowIf(nint errorData, string about)
    {
        if (errorData == 0)
            return;
        string? message = DuckDbApi.ErrorDataHasError(errorData) != 0 ? Utf8.Read(DuckDbApi.ErrorDataMessage(errorData)) : null;
        DuckDbApi.DestroyErrorData(&errorData);
        if (message == null)
            return;
        (string kind, string text) = ("", message);
        if (message.StartsWith('{'))
        {
            // outside of statements an error comes as JSON
            using JsonDocument json = JsonDocument.Parse(message);
            kind = Text("exception_type");
            text = Text("exception_message");

            string Text(string name) => json.RootElement.TryGetProperty(name, out JsonElement value) ? value.GetString() ?? "" : "";
        }

        throw new ZkArrowException(StatusOf(one => one == kind), $"{about}: {OneLine(text)}");
    }

    private static ZkArrowStatus StatusOf(Predicate<string> isKind)
    {
        int found = Array.FindIndex(Kinds, one => isKind(one.Kind));
        return found < 0 ? ZkArrowStatus.InvalidArgument : Kinds[found].Status;
    }

    /// <summary>DuckDB points at the place with lines of its own.</summary>
    private static string OneLine(string message) =>
        string.Join(' ', message.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
}
