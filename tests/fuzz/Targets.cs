namespace ZkArrow.Fuzz;

/// <summary>Takes any bytes. What it throws is a bug.</summary>
internal delegate void Target(ReadOnlySpan<byte> input);

internal static class Targets
{
    public static IReadOnlyDictionary<string, Target> All { get; } = new Dictionary<string, Target>
    {
        ["replies"] = ReplyTarget.Run,
        ["files"] = FileTarget.Run,
        ["structs"] = StructTarget.Run,
    };
}
