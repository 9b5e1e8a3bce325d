namespace ZkArrow.Segments;

/// <summary>
/// The name of a segment, <c>incarnation/epoch-version-random.arrow</c>. Names are read from records that other
/// processes wrote, so they are checked before they become paths.
/// </summary>
internal static class SegmentName
{
    internal const string Extension = ".arrow";

    internal static bool IsValid(string name)
    {
        int slash = name.IndexOf('/', StringComparison.Ordinal);
        return slash > 0
            && IsPart(name.AsSpan(0, slash))
            && IsPart(name.AsSpan(slash + 1))
            && name.EndsWith(Extension, StringComparison.Ordinal);
    }

    /// <summary>One path component that is neither hidden nor able to leave its directory.</summary>
    internal static bool IsPart(ReadOnlySpan<char> part)
    {
        if (part.Length is 0 or > 200 || part[0] == '.')
            return false;
        foreach (char c in part)
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_' or '.'))
                return false;
        return true;
    }

    internal static void Check(string name)
    {
        if (!IsValid(name))
            throw new ZkArrowException(
                ZkArrowStatus.InvalidArgument,
                $"“{name}” was given as a segment name; use incarnation/file.arrow of letters, digits, '-', '_' and '.'.");
    }
}
