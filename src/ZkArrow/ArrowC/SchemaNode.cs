using System.Text;

namespace ZkArrow.ArrowC;

/// <summary>One field of a schema, parsed once and never changed.</summary>
internal sealed class SchemaNode
{
    /// <summary>How deep schemas may nest; the same limit as Arrow C++.</summary>
    public const int MaxDepth = 64;

    /// <summary>How many fields a schema may have, at all levels.</summary>
    public const int MaxNodes = 1_000_000;

    private SchemaNode(byte[] name, string path, ArrowType type, long flags, byte[] metadata, SchemaNode[] children, SchemaNode? dictionary)
    {
        Name = name;
        Path = path;
        Type = type;
        Flags = flags;
        Metadata = metadata;
        Children = children;
        Dictionary = dictionary;
        Nodes = 1 + children.Sum(child => child.Nodes) + (dictionary?.Nodes ?? 0);
    }

    /// <summary>The name, as bytes: producers are not forced to write UTF-8.</summary>
    public byte[] Name { get; }

    /// <summary>The names from the top, with dots, for messages.</summary>
    public string Path { get; }

    /// <summary>The type; of a dictionary-encoded field, the type of the indices.</summary>
    public ArrowType Type { get; }

    public long Flags { get; }

    public bool IsNullable => (Flags & ArrowSchema.FlagNullable) != 0;

    /// <summary>The metadata in the C Data Interface's encoding; empty when there is none.</summary>
    public byte[] Metadata { get; }

    public SchemaNode[] Children { get; }

    /// <summary>The type of the values of a dictionary-encoded field.</summary>
    public SchemaNode? Dictionary { get; }

    /// <summary>Which dictionary of its schema this field uses, counted depth first; -1 for none.</summary>
    public int DictionaryIndex { get; internal set; } = -1;

    /// <summary>This node and all below it.</summary>
    public int Nodes { get; }

    /// <summary>What messages call this field.</summary>
    public string Label => Path.Length == 0 ? "the top level" : $"column '{Path}'";

    /// <summary>The type of the values, seen through a dictionary.</summary>
    public string TypeName => Dictionary is null ? Type.Name : $"dictionary<{Dictionary.Type.Name}>";

    /// <summary>Makes a node, or throws with <paramref name="bad"/> when the parts do not fit each other.</summary>
    public static SchemaNode Create(
        ZkArrowStatus bad, byte[] name, string path, string format, long flags, byte[] metadata, SchemaNode[] children, SchemaNode? dictionary)
    {
        ArrowType type = ArrowType.Parse(format)
            ?? throw new ZkArrowException(bad, $"The format '{Printable(format)}' of column '{path}' is not an Arrow format string.");
        string? problem = Problem(type, children, dictionary);
        if (problem is not null) throw new ZkArrowException(bad, $"The type {type.Name} of column '{path}' {problem}.");
        return new SchemaNode(name, path, type, flags, metadata, children, dictionary);
    }

    /// <summary>The path of a child.</summary>
    public static string Join(string path, ReadOnlySpan<byte> name)
    {
        string text = Printable(Encoding.UTF8.GetString(name));
        return path.Length == 0 ? text : $"{path}.{text}";
    }

    /// <summary>Whether two nodes describe the same data: names of dictionary values are of no consequence.</summary>
    public bool ContentEquals(SchemaNode other) => SchemaDifference.First(this, other) is null;

    private static string? Problem(ArrowType type, SchemaNode[] children, SchemaNode? dictionary)
    {
        if (dictionary is not null && !type.IsInteger) return "cannot be the index of a dictionary";
        int? wanted = type.Layout switch
        {
            ArrowLayout.Struct => null,
            ArrowLayout.List32 or ArrowLayout.List64 or ArrowLayout.ListView32 or ArrowLayout.ListView64 => 1,
            ArrowLayout.FixedList or ArrowLayout.Map => 1,
            ArrowLayout.RunEnd => 2,
            ArrowLayout.SparseUnion or ArrowLayout.DenseUnion => type.UnionIds.Length,
            _ => 0,
        };
        if (wanted is int count && children.Length != count) return $"has {children.Length} children instead of {count}";
        bool goodMap = type.Layout != ArrowLayout.Map
            || (children[0].Type.Layout == ArrowLayout.Struct && children[0].Children.Length == 2 && children[0].Dictionary is null);
        if (!goodMap) return "has entries that are not a struct of key and value";
        if (type.Layout == ArrowLayout.RunEnd && (children[0].Type.Format is not ("s" or "i" or "l") || children[0].Dictionary is not null))
            return "has run ends that are not int16, int32 or int64";
        return null;
    }

    /// <summary>Text from outside, fit for a message of one line.</summary>
    private static string Printable(string text)
    {
        if (text.Length > 200) text = text[..200] + "…";
        return string.Concat(text.Select(c => char.IsControl(c) ? '?' : c));
    }
}
