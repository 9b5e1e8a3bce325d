using System.Globalization;

namespace ZkArrow.ArrowC;

/// <summary>How the buffers and children of a type are laid out.</summary>
internal enum ArrowLayout
{
    Null,
    Bits,
    Fixed,
    Binary32,
    Binary64,
    View,
    List32,
    List64,
    ListView32,
    ListView64,
    FixedList,
    Struct,
    Map,
    SparseUnion,
    DenseUnion,
    RunEnd,
}

/// <summary>A format string of the C Data Interface, understood.</summary>
/// <param name="Format">The format string, written in the one way that IPC gives it back.</param>
/// <param name="Layout">How its buffers are laid out.</param>
/// <param name="Width">Bytes per value of a fixed layout; the list size of a fixed-size list.</param>
/// <param name="Name">What messages call it.</param>
internal sealed record ArrowType(string Format, ArrowLayout Layout, int Width, string Name)
{
    public bool IsUtf8 => Format is "u" or "U" or "vu";

    public bool IsInteger => Format.Length == 1 && "cCsSiIlL".Contains(Format[0], StringComparison.Ordinal);

    public bool IsSignedInteger => Format.Length == 1 && "csil".Contains(Format[0], StringComparison.Ordinal);

    /// <summary>How many buffers an array of it has; views have at least that many.</summary>
    public int Buffers { get; } = Layout switch
    {
        ArrowLayout.Null or ArrowLayout.RunEnd => 0,
        ArrowLayout.Struct or ArrowLayout.FixedList or ArrowLayout.SparseUnion => 1,
        ArrowLayout.Binary32 or ArrowLayout.Binary64 or ArrowLayout.View => 3,
        ArrowLayout.ListView32 or ArrowLayout.ListView64 => 3,
        _ => 2,
    };

    /// <summary>Whether its first buffer is a validity bitmap.</summary>
    public bool HasValidity { get; } = Layout is not (ArrowLayout.Null or ArrowLayout.RunEnd
        or ArrowLayout.SparseUnion or ArrowLayout.DenseUnion);

    /// <summary>Whether it has a list of offsets with one entry more than values.</summary>
    public bool HasOffsets { get; } = Layout is ArrowLayout.Binary32 or ArrowLayout.Binary64
        or ArrowLayout.List32 or ArrowLayout.List64 or ArrowLayout.Map;

    /// <summary>Bytes of one offset.</summary>
    public int OffsetWidth { get; } = Layout is ArrowLayout.Binary64 or ArrowLayout.List64 or ArrowLayout.ListView64 ? 8 : 4;

    /// <summary>The type of a format string, or null when it is not one.</summary>
    public static ArrowType? Parse(string format) => format switch
    {
        "n" => new(format, ArrowLayout.Null, 0, "null"),
        "b" => new(format, ArrowLayout.Bits, 0, "bool"),
        "c" => Fixed(format, 1, "int8"),
        "C" => Fixed(format, 1, "uint8"),
        "s" => Fixed(format, 2, "int16"),
        "S" => Fixed(format, 2, "uint16"),
        "i" => Fixed(format, 4, "int32"),
        "I" => Fixed(format, 4, "uint32"),
        "l" => Fixed(format, 8, "int64"),
        "L" => Fixed(format, 8, "uint64"),
        "e" => Fixed(format, 2, "float16"),
        "f" => Fixed(format, 4, "float32"),
        "g" => Fixed(format, 8, "float64"),
        "z" => new(format, ArrowLayout.Binary32, 0, "binary"),
        "Z" => new(format, ArrowLayout.Binary64, 0, "large_binary"),
        "vz" => new(format, ArrowLayout.View, 0, "binary_view"),
        "u" => new(format, ArrowLayout.Binary32, 0, "utf8"),
        "U" => new(format, ArrowLayout.Binary64, 0, "large_utf8"),
        "vu" => new(format, ArrowLayout.View, 0, "utf8_view"),
        "tdD" => Fixed(format, 4, "date32"),
        "tdm" => Fixed(format, 8, "date64"),
        "tts" or "ttm" => Fixed(format, 4, $"time32[{Unit(format[2])}]"),
        "ttu" or "ttn" => Fixed(format, 8, $"time64[{Unit(format[2])}]"),
        "tDs" or "tDm" or "tDu" or "tDn" => Fixed(format, 8, $"duration[{Unit(format[2])}]"),
        "tiM" => Fixed(format, 4, "interval_months"),
        "tiD" => Fixed(format, 8, "interval_day_time"),
        "tin" => Fixed(format, 16, "interval_month_day_nano"),
        "+s" => new(format, ArrowLayout.Struct, 0, "struct"),
        "+l" => new(format, ArrowLayout.List32, 0, "list"),
        "+L" => new(format, ArrowLayout.List64, 0, "large_list"),
        "+vl" => new(format, ArrowLayout.ListView32, 0, "list_view"),
        "+vL" => new(format, ArrowLayout.ListView64, 0, "large_list_view"),
        "+m" => new(format, ArrowLayout.Map, 0, "map"),
        "+r" => new(format, ArrowLayout.RunEnd, 0, "run_end_encoded"),
        _ => ParseParameters(format),
    };

    /// <summary>Precision, scale and bit width of a decimal format.</summary>
    public (int Precision, int Scale, int Bits) DecimalParameters()
    {
        string[] parts = Format[2..].Split(',');
        return (Number(parts[0])!.Value, Number(parts[1])!.Value, parts.Length > 2 ? Number(parts[2])!.Value : 128);
    }

    /// <summary>The type ids of a union, one per child; empty for other types.</summary>
    public int[] UnionIds { get; } = Layout is ArrowLayout.SparseUnion or ArrowLayout.DenseUnion && Format.Length > 4
        ? Array.ConvertAll(Format[4..].Split(','), id => Number(id)!.Value)
        : [];

    private static ArrowType Fixed(string format, int width, string name) => new(format, ArrowLayout.Fixed, width, name);

    private static ArrowType? ParseParameters(string format)
    {
        if (format.StartsWith("w:", StringComparison.Ordinal))
            return Number(format[2..]) is int width and >= 0 ? Fixed(Text($"w:{width}"), width, $"fixed_size_binary[{width}]") : null;
        if (format.StartsWith("+w:", StringComparison.Ordinal))
        {
            return Number(format[3..]) is int size and >= 0
                ? new(Text($"+w:{size}"), ArrowLayout.FixedList, size, $"fixed_size_list[{size}]")
                : null;
        }
        if (format.Length >= 4 && format.StartsWith("ts", StringComparison.Ordinal) && format[3] == ':')
        {
            string zone = format.Length > 4 ? $", {format[4..]}" : "";
            return Unit(format[2]) is string unit ? Fixed(format, 8, $"timestamp[{unit}{zone}]") : null;
        }
        if (format.StartsWith("d:", StringComparison.Ordinal)) return ParseDecimal(format);
        if (format.StartsWith("+us:", StringComparison.Ordinal)) return ParseUnion(format, ArrowLayout.SparseUnion, "sparse_union");
        if (format.StartsWith("+ud:", StringComparison.Ordinal)) return ParseUnion(format, ArrowLayout.DenseUnion, "dense_union");
        return null;
    }

    private static ArrowType? ParseDecimal(string format)
    {
        string[] parts = format[2..].Split(',');
        if (parts.Length is not (2 or 3)) return null;
        int? bits = parts.Length == 3 ? Number(parts[2]) : 128;
        if (Number(parts[0]) is not (int precision and > 0) || Number(parts[1]) is not int scale) return null;
        if (bits is not (32 or 64 or 128 or 256)) return null;
        // 128 bits need not be said, and some say it
        string canonical = bits == 128 ? Text($"d:{precision},{scale}") : Text($"d:{precision},{scale},{bits}");
        return Fixed(canonical, bits.Value / 8, $"decimal{bits}({precision}, {scale})");
    }

    private static ArrowType? ParseUnion(string format, ArrowLayout layout, string name)
    {
        string[] ids = format.Length == 4 ? [] : format[4..].Split(',');
        bool good = ids.All(id => Number(id) is >= 0 and <= 127) && ids.Select(Number).Distinct().Count() == ids.Length;
        return good ? new(format[..4] + string.Join(',', ids.Select(id => Text($"{Number(id)}"))), layout, 0, name) : null;
    }

    private static string Text(FormattableString text) => FormattableString.Invariant(text);

    private static string? Unit(char unit) => unit switch { 's' => "s", 'm' => "ms", 'u' => "us", 'n' => "ns", _ => null };

    private static int? Number(string text) =>
        int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value) ? value : null;
}
