using ZkArrow.ArrowC;

namespace ZkArrow.Fuzz;

/// <summary>A type with the types below it; makes the structs of a small good array of it.</summary>
internal sealed unsafe record Shape(string Format, Shape[] Children, Shape? Dictionary = null)
{
    /// <summary>One of every layout, and how they nest.</summary>
    public static readonly Shape[] Columns =
    [
        Of("l"), Of("u"), Of("b"), Of("n"), Of("i"), Of("Z"), Of("g"), Of("d:10,2"), Of("w:5"), Of("tsu:UTC"), Of("tdD"), Of("tin"), Of("U"), Of("z"),
        Of("+l", Of("i")), Of("+L", Of("u")), Of("+w:2", Of("s")), Of("+s", Of("l"), Of("u")), Of("+m", Of("+s", Of("u"), Of("l"))),
        new("c", [], Of("u")), new("S", [], Of("+l", Of("b"))), Of("+l", new Shape("i", [], Of("u"))), Of("+l", Of("+l", Of("+s", Of("c")))),
        Of("vu"), Of("vz"), Of("+vl", Of("l")), Of("+vL", Of("u")), Of("+us:0,5", Of("i"), Of("u")), Of("+ud:0,1", Of("l"), Of("+l", Of("c"))),
        Of("+r", Of("s"), Of("u")), Of("+r", Of("l"), Of("+s", Of("i"))), Of("+w:0", Of("n")), Of("+s"),
    ];

    public static Shape Of(string format, params Shape[] children) => new(format, children);

    public ArrowSchema* Schema(string name)
    {
        ArrowSchema* schema = StructArena.Schema(Format, name);
        schema->NChildren = Children.Length;
        for (int i = 0; i < Children.Length; i++) schema->Children[i] = Children[i].Schema($"c{i}");
        schema->Dictionary = Dictionary == null ? null : Dictionary.Schema("");
        return schema;
    }

    public ArrowArray* Array(int length)
    {
        ArrowType type = ArrowType.Parse(Format)!;
        ArrowArray* array = StructArena.Array(length, type.Layout == ArrowLayout.View ? 4 : type.Buffers);
        if (type.HasValidity) new Span<byte>(array->Buffers[0], length).Fill(0xFF);
        int width = type.OffsetWidth;
        switch (type.Layout)
        {
            case ArrowLayout.Null:
                array->NullCount = length;
                break;
            case ArrowLayout.ListView32 or ArrowLayout.ListView64:
                Count(array->Buffers[1], width, length, 0);
                for (int i = 0; i < length; i++) ((byte*)array->Buffers[2])[i * width] = 1;
                break;
            case ArrowLayout.DenseUnion:
                Count(array->Buffers[1], 4, length, 0);
                break;
            case ArrowLayout.View:
                for (int i = 0; i < length; i++) ((int*)array->Buffers[1])[4 * i] = 1;
                ((long*)array->Buffers[3])[0] = 64;
                break;
            default:
                if (type.HasOffsets) Count(array->Buffers[1], width, length + 1, 0);
                break;
        }

        array->NChildren = Children.Length;
        for (int i = 0; i < Children.Length; i++)
            array->Children[i] = Children[i].Array(type.Layout == ArrowLayout.FixedList ? length * type.Width : length);
        if (type.Layout == ArrowLayout.RunEnd)
        {
            int runWidth = ArrowType.Parse(Children[0].Format)!.Width;
            Count(array->Children[0]->Buffers[1], runWidth, length, 1);
        }

        array->Dictionary = Dictionary == null ? null : Dictionary.Array(length);
        return array;
    }

    /// <summary>Small ascending numbers: the low byte is enough.</summary>
    private static void Count(void* buffer, int width, int count, int first)
    {
        for (int i = 0; i < count; i++) ((byte*)buffer)[i * width] = (byte)(first + i);
    }
}
