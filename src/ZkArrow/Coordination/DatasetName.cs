using System.Text;

namespace ZkArrow.Coordination;

/// <summary>The rules of dataset names, and their form as one component of a znode path.</summary>
internal static class DatasetName
{
    public const int MaxBytes = 255;

    public static void Validate(string name)
    {
        string? fault = Fault(name);
        if (fault != null)
            throw new ZkArrowException(ZkArrowStatus.InvalidArgument, $"dataset name '{Printable(name)}' was refused: {fault}");
    }

    private static string? Fault(string name)
    {
        if (name.Length == 0)
            return "it is empty";
        if (Encoding.UTF8.GetByteCount(name) > MaxBytes)
            return $"it is longer than {MaxBytes} bytes of UTF-8";
        foreach (string segment in name.Split('/'))
        {
            if (segment.Length == 0)
                return "it has an empty segment; segments are parted by single '/'";
            if (segment is "." or "..")
                return "a segment is '.' or '..'";
        }

        for (int i = 0; i < name.Length; i++)
        {
            if (char.IsControl(name[i]))
                return "it has a control character";
            if (char.IsSurrogate(name[i]))
            {
                if (i + 1 >= name.Length || !char.IsSurrogatePair(name[i], name[i + 1]))
                    return "it is not valid Unicode";
                i++;
            }
        }

        return null;
    }

    /// <summary>Percent-encodes everything but unreserved ASCII, so that the component is legal and readable anywhere.</summary>
    public static string Encode(string name)
    {
        StringBuilder encoded = new(name.Length + 8);
        foreach (byte b in Encoding.UTF8.GetBytes(name))
        {
            if (char.IsAsciiLetterOrDigit((char)b) || b is (byte)'-' or (byte)'_' or (byte)'.' or (byte)'~')
                encoded.Append((char)b);
            else
                encoded.Append('%').Append(b.ToString("X2", null));
        }

        return encoded.Length is 1 or 2 && encoded[0] == '.' ? encoded.Replace(".", "%2E").ToString() : encoded.ToString();
    }

    public static string Decode(string component) => Uri.UnescapeDataString(component);

    private static string Printable(string name)
    {
        string shown = name.Length > 64 ? name[..64] + "…" : name;
        return string.Concat(shown.Select(c => char.IsControl(c) || char.IsSurrogate(c) ? '?' : c));
    }
}
