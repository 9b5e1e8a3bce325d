namespace ZkArrow.ArrowC;

/// <summary>
/// Keeps the schemas met lately, so that a stream of equal batches parses its schema once. It holds a reference on each, and
/// there are few, so that what it keeps alive is bounded.
/// </summary>
internal static unsafe class SchemaCache
{
    private const int Slots = 32;
    private static readonly SchemaBox?[] ByStruct = new SchemaBox?[Slots];
    private static readonly SchemaBox?[] ByMessage = new SchemaBox?[Slots];

    /// <summary>A box with the content of a struct.</summary>
    public static SchemaBox Get(ArrowSchema* schema)
    {
        if (schema == null || schema->Release == null || schema->NChildren < 0 || schema->Children == null)
            return new SchemaBox(SchemaReader.Read(schema));
        uint hash = Hash(schema);
        ref SchemaBox? slot = ref ByStruct[hash % Slots];
        SchemaBox? warm = Volatile.Read(ref slot);
        if (warm?.TryAddRef() == true)
        {
            if (Matches(schema, warm.Root, isRoot: true)) return warm;
            warm.Release();
        }
        var box = new SchemaBox(SchemaReader.Read(schema));
        Keep(ref slot, box);
        return box;
    }

    /// <summary>A warm box whose IPC message has exactly these bytes, or null.</summary>
    public static SchemaBox? Find(ReadOnlySpan<byte> message)
    {
        SchemaBox? warm = Volatile.Read(ref ByMessage[Hash(message) % Slots]);
        if (warm?.TryAddRef() != true) return null;
        if (message.SequenceEqual(warm.IpcMessage)) return warm;
        warm.Release();
        return null;
    }

    /// <summary>Keeps a box to be found by its message.</summary>
    public static void Keep(SchemaBox box) => Keep(ref ByMessage[Hash(box.IpcMessage) % Slots], box);

    private static void Keep(ref SchemaBox? slot, SchemaBox box)
    {
        box.AddRef();
        Interlocked.Exchange(ref slot, box)?.Release();
    }

    private static bool Matches(ArrowSchema* schema, SchemaNode node, bool isRoot)
    {
        if (schema == null || schema->Release == null || schema->Format == null) return false;
        if (schema->NChildren != node.Children.Length || (schema->NChildren > 0 && schema->Children == null)) return false;
        if (schema->Dictionary == null != node.Dictionary is null) return false;
        if (!isRoot && (schema->Flags != node.Flags || !SchemaReader.Bytes(schema->Name).SequenceEqual(node.Name))) return false;
        if (!Matches(schema->Format, node.Type.Format) || !ArrowMetadata.Matches(schema->Metadata, node.Metadata)) return false;
        for (int i = 0; i < node.Children.Length; i++)
        {
            if (!Matches(schema->Children[i], node.Children[i], isRoot: false)) return false;
        }
        return node.Dictionary is null || Matches(schema->Dictionary, node.Dictionary, isRoot: false);
    }

    /// <summary>A format beyond ASCII (a time zone could be) never matches, which only costs time.</summary>
    private static bool Matches(byte* format, string text)
    {
        for (int i = 0; i < text.Length; i++)
        {
            if (format[i] is 0 or > 127 || format[i] != text[i]) return false;
        }
        return format[text.Length] == 0;
    }

    private static uint Hash(ArrowSchema* schema)
    {
        uint hash = (uint)schema->NChildren;
        for (long i = 0; i < schema->NChildren && i < 4; i++)
        {
            ArrowSchema* child = schema->Children[i];
            if (child == null || child->Name == null) continue;
            for (byte* c = child->Name; *c != 0; c++) hash = (hash * 31) + *c;
            hash = (hash * 31) + (child->Format == null ? 0u : *child->Format);
        }
        return hash;
    }

    private static uint Hash(ReadOnlySpan<byte> message)
    {
        uint hash = (uint)message.Length;
        for (int i = 0; i < message.Length; i += Math.Max(1, message.Length / 64)) hash = (hash * 31) + message[i];
        return hash;
    }
}
