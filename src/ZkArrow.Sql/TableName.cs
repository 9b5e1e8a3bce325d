using System.Globalization;

namespace ZkArrow.Sql;

/// <summary>A table's name in a statement: a dataset, or <c>dataset@3</c> for a version and <c>dataset@tag</c> for a tag.</summary>
/// <param name="Text">As the statement has it.</param>
/// <param name="Dataset">The dataset.</param>
/// <param name="Version">The version; 0 when none is named.</param>
/// <param name="Tag">The tag; null when none is named.</param>
internal sealed record TableName(string Text, string Dataset, long Version, string? Tag)
{
    public bool IsPinned => Version != 0 || Tag != null;

    public static TableName Parse(string text)
    {
        int at = text.LastIndexOf('@');
        if (at <= 0 || at == text.Length - 1)
            return new TableName(text, text, 0, null);
        string which = text[(at + 1)..];
        return long.TryParse(which, NumberStyles.None, CultureInfo.InvariantCulture, out long version) && version > 0
            ? new TableName(text, text[..at], version, null)
            : new TableName(text, text[..at], 0, which);
    }
}
