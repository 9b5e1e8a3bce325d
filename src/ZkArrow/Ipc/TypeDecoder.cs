using System.Text;
using ZkArrow.ArrowC;

namespace ZkArrow.Ipc;

/// <summary>Reads the type of a field into a format string; whether its parameters make sense is the format's own business.</summary>
internal static unsafe class TypeDecoder
{
    public static (string Format, long Flags) Type(FlatTable field, string path, int children)
    {
        byte number = field.Byte(2);
        FlatTable type = field.Table(3);
        if (number == IpcFormat.TypeMap) return ("+m", type.Bool(0) ? ArrowSchema.FlagMapKeysSorted : 0);
        string format = number switch
        {
            IpcFormat.TypeNull => "n",
            IpcFormat.TypeInt => Integer(type, path),
            IpcFormat.TypeFloat => Pick(type.Short(0), "e", "f", "g") ?? throw Bad(path),
            IpcFormat.TypeBinary => "z",
            IpcFormat.TypeUtf8 => "u",
            IpcFormat.TypeBool => "b",
            IpcFormat.TypeDecimal => Decimal(type),
            IpcFormat.TypeDate => Pick(type.Short(0, 1), "tdD", "tdm") ?? throw Bad(path),
            IpcFormat.TypeTime => Time(type) ?? throw Bad(path),
            IpcFormat.TypeTimestamp => Timestamp(type, path),
            IpcFormat.TypeInterval => Pick(type.Short(0), "tiM", "tiD", "tin") ?? throw Bad(path),
            IpcFormat.TypeList => "+l",
            IpcFormat.TypeStruct => "+s",
            IpcFormat.TypeUnion => Union(type, path, children),
            IpcFormat.TypeFixedBinary => Text($"w:{type.Int(0)}"),
            IpcFormat.TypeFixedList => Text($"+w:{type.Int(0)}"),
            IpcFormat.TypeDuration => $"tD{Unit(type.Short(0, 1)) ?? throw Bad(path)}",
            IpcFormat.TypeLargeBinary => "Z",
            IpcFormat.TypeLargeUtf8 => "U",
            IpcFormat.TypeLargeList => "+L",
            IpcFormat.TypeRunEnd => "+r",
            IpcFormat.TypeBinaryView => "vz",
            IpcFormat.TypeUtf8View => "vu",
            IpcFormat.TypeListView => "+vl",
            IpcFormat.TypeLargeListView => "+vL",
            _ => throw ArrowFailure.Unsupported($"The type of column '{path}' has the number {number}, which this version does not know."),
        };
        return (format, 0);
    }

    public static string Integer(FlatTable type, string path) => (type.Int(0), type.Bool(1)) switch
    {
        (8, true) => "c",
        (8, false) => "C",
        (16, true) => "s",
        (16, false) => "S",
        (32, true) => "i",
        (32, false) => "I",
        (64, true) => "l",
        (64, false) => "L",
        _ => throw Bad(path),
    };

    private static string Decimal(FlatTable type)
    {
        int bits = type.Int(2, 128);
        return bits == 128 ? Text($"d:{type.Int(0)},{type.Int(1)}") : Text($"d:{type.Int(0)},{type.Int(1)},{bits}");
    }

    private static string? Time(FlatTable type) => (type.Short(0, 1), type.Int(1, 32)) switch
    {
        (0, 32) => "tts",
        (1, 32) => "ttm",
        (2, 64) => "ttu",
        (3, 64) => "ttn",
        _ => null,
    };

    private static string Timestamp(FlatTable type, string path)
    {
        ReadOnlySpan<byte> zone = type.Bytes(1);
        if (zone.Length > 1000 || zone.Contains((byte)0)) throw Bad(path);
        return $"ts{Unit(type.Short(0)) ?? throw Bad(path)}:{Encoding.UTF8.GetString(zone)}";
    }

    private static string Union(FlatTable type, string path, int children)
    {
        FlatVector ids = type.Vector(1, 4);
        if (children > 128 || (ids.Count != 0 && ids.Count != children)) throw Bad(path);
        // without ids they are 0, 1, 2 …
        IEnumerable<int> numbers = Enumerable.Range(0, children);
        if (ids.Count > 0) numbers = new ReadOnlySpan<int>(ids.Items, children).ToArray();
        string mode = Pick(type.Short(0), "+us:", "+ud:") ?? throw Bad(path);
        return mode + string.Join(',', numbers.Select(id => Text($"{id}")));
    }

    private static string? Unit(short unit) => Pick(unit, "s", "m", "u", "n");

    private static string? Pick(short number, params ReadOnlySpan<string> names) =>
        number >= 0 && number < names.Length ? names[number] : null;

    private static string Text(FormattableString text) => FormattableString.Invariant(text);

    private static ZkArrowException Bad(string path) =>
        ArrowFailure.Corrupt($"The type of column '{path}' had parameters that no Arrow type has.");
}
