using System.Text;
using ZkArrow.ArrowC;

namespace ZkArrow.Ipc;

/// <summary>Writes types as Arrow's Schema.fbs has them: a number and a table of parameters.</summary>
internal static class TypeEncoder
{
    public static (byte Number, int Table) Type(FlatWriter writer, SchemaNode node)
    {
        ArrowType type = node.Type;
        string format = type.Format;
        if (type.IsInteger) return Integer(writer, type);
        return format switch
        {
            "n" => Plain(IpcFormat.TypeNull),
            "b" => Plain(IpcFormat.TypeBool),
            "e" => Short(IpcFormat.TypeFloat, 0),
            "f" => Short(IpcFormat.TypeFloat, 1),
            "g" => Short(IpcFormat.TypeFloat, 2),
            "z" => Plain(IpcFormat.TypeBinary),
            "Z" => Plain(IpcFormat.TypeLargeBinary),
            "vz" => Plain(IpcFormat.TypeBinaryView),
            "u" => Plain(IpcFormat.TypeUtf8),
            "U" => Plain(IpcFormat.TypeLargeUtf8),
            "vu" => Plain(IpcFormat.TypeUtf8View),
            "tdD" => Short(IpcFormat.TypeDate, 0),
            "tdm" => Short(IpcFormat.TypeDate, 1),
            "tiM" => Short(IpcFormat.TypeInterval, 0),
            "tiD" => Short(IpcFormat.TypeInterval, 1),
            "tin" => Short(IpcFormat.TypeInterval, 2),
            "+s" => Plain(IpcFormat.TypeStruct),
            "+l" => Plain(IpcFormat.TypeList),
            "+L" => Plain(IpcFormat.TypeLargeList),
            "+vl" => Plain(IpcFormat.TypeListView),
            "+vL" => Plain(IpcFormat.TypeLargeListView),
            "+r" => Plain(IpcFormat.TypeRunEnd),
            "+m" => Map((node.Flags & ArrowSchema.FlagMapKeysSorted) != 0),
            ['w', ..] => Int(IpcFormat.TypeFixedBinary, type.Width),
            ['+', 'w', ..] => Int(IpcFormat.TypeFixedList, type.Width),
            ['+', 'u', ..] => Union(),
            ['d', ..] => Decimal(),
            ['t', 'D', ..] => Short(IpcFormat.TypeDuration, Unit(format)),
            ['t', 's', ..] => Timestamp(),
            ['t', 't', ..] => Time(),
            _ => throw ArrowFailure.Unsupported($"The type {type.Name} of {node.Label} cannot be stored."),
        };

        (byte, int) Plain(byte number)
        {
            writer.StartTable(0);
            return (number, writer.EndTable());
        }

        (byte, int) Short(byte number, short value)
        {
            writer.StartTable(1);
            writer.AddShort(0, value);
            return (number, writer.EndTable());
        }

        (byte, int) Int(byte number, int value)
        {
            writer.StartTable(1);
            writer.AddInt(0, value);
            return (number, writer.EndTable());
        }

        (byte, int) Map(bool sorted)
        {
            writer.StartTable(1);
            writer.AddBool(0, sorted);
            return (IpcFormat.TypeMap, writer.EndTable());
        }

        (byte, int) Decimal()
        {
            (int precision, int scale, int bits) = type.DecimalParameters();
            writer.StartTable(3);
            writer.AddInt(0, precision);
            writer.AddInt(1, scale);
            writer.AddInt(2, bits);
            return (IpcFormat.TypeDecimal, writer.EndTable());
        }

        (byte, int) Time()
        {
            writer.StartTable(2);
            writer.AddInt(1, type.Width * 8);
            writer.AddShort(0, Unit(format));
            return (IpcFormat.TypeTime, writer.EndTable());
        }

        (byte, int) Timestamp()
        {
            int zone = format.Length > 4 ? writer.Bytes(Encoding.UTF8.GetBytes(format[4..])) : 0;
            writer.StartTable(2);
            writer.AddReference(1, zone);
            writer.AddShort(0, Unit(format));
            return (IpcFormat.TypeTimestamp, writer.EndTable());
        }

        (byte, int) Union()
        {
            int ids = writer.Ints(type.UnionIds);
            writer.StartTable(2);
            writer.AddReference(1, ids);
            writer.AddShort(0, (short)(type.Layout == ArrowLayout.DenseUnion ? 1 : 0));
            return (IpcFormat.TypeUnion, writer.EndTable());
        }
    }

    public static (byte Number, int Table) Integer(FlatWriter writer, ArrowType type)
    {
        writer.StartTable(2);
        writer.AddInt(0, type.Width * 8);
        writer.AddBool(1, type.IsSignedInteger);
        return (IpcFormat.TypeInt, writer.EndTable());
    }

    private static short Unit(string format) => (short)IpcFormat.TimeUnits.IndexOf(format[2], StringComparison.Ordinal);
}
