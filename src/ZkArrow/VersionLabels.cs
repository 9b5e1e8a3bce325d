using System.Text;

namespace ZkArrow;

/// <summary>The limits of what people attach to versions: they travel in every commit and stand in the coordinator.</summary>
internal static class VersionLabels
{
    public const int MaxTagBytes = 128;
    public const int MaxTagsOfDataset = 256;
    public const int MaxEntries = 64;
    public const int MaxMetadataBytes = 4096;
    public const int MaxCodeTagBytes = 256;

    public static string Tag(string? tag) => Text(tag, "tag", MaxTagBytes);

    public static string? CodeTag(string? tag) => tag == null ? null : Text(tag, "code tag", MaxCodeTagBytes);

    public static IReadOnlyList<string> Tags(IReadOnlyList<string>? tags)
    {
        string[] all = [.. (tags ?? []).Select(Tag).Distinct(StringComparer.Ordinal)];
        return all.Length <= MaxEntries ? all : throw Refused($"{all.Length} tags were given, more than {MaxEntries}");
    }

    public static IReadOnlyDictionary<string, string> Metadata(IReadOnlyDictionary<string, string>? metadata)
    {
        metadata ??= DatasetVersion.NoMetadata;
        if (metadata.Count > MaxEntries)
            throw Refused($"the metadata had {metadata.Count} entries, more than {MaxEntries}; put large metadata into the schema, or into a dataset");
        long bytes = 0;
        foreach ((string key, string value) in metadata)
        {
            if (string.IsNullOrEmpty(key) || value == null)
                throw Refused("the metadata had an empty key, or a value that is null");
            bytes += Encoding.UTF8.GetByteCount(key) + Encoding.UTF8.GetByteCount(value);
        }

        return bytes <= MaxMetadataBytes
            ? metadata
            : throw Refused($"the metadata had {bytes} bytes, more than {MaxMetadataBytes}; put large metadata into the schema, or into a dataset");
    }

    private static string Text(string? text, string what, int maxBytes)
    {
        if (string.IsNullOrEmpty(text))
            throw Refused($"the {what} was empty");
        if (text.Any(char.IsControl))
            throw Refused($"the {what} had a control character");
        return Encoding.UTF8.GetByteCount(text) <= maxBytes ? text : throw Refused($"the {what} was longer than {maxBytes} bytes of UTF-8");
    }

    private static ZkArrowException Refused(string why) => new(ZkArrowStatus.InvalidArgument, why);
}
