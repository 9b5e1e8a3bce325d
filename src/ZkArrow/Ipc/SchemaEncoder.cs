using System.Buffers.Binary;
using System.Text;
using ZkArrow.ArrowC;

namespace ZkArrow.Ipc;

/// <summary>Writes schemas as Arrow's Schema.fbs has them.</summary>
internal static class SchemaEncoder
{
    /// <summary>The encapsulated schema message. It starts at byte 8 of a file and is padded to end at a multiple of 64.</summary>
    public static byte[] Message(SchemaBox schema)
    {
        var writer = new FlatWriter();
        int header = Schema(writer, schema);
        return Encapsulate(Message(writer, IpcFormat.HeaderSchema, header, 0), position: 8);
    }

    /// <summary>A message table, finished.</summary>
    public static byte[] Message(FlatWriter writer, byte headerType, int header, long bodyLength)
    {
        writer.StartTable(4);
        writer.AddLong(3, bodyLength);
        writer.AddReference(2, header);
        writer.AddShort(0, IpcFormat.VersionV5);
        writer.AddByte(1, headerType);
        return writer.Finish(writer.EndTable());
    }

    /// <summary>Puts a message behind its prefix and pads it so that the body starts at a multiple of 64 in the file.</summary>
    public static byte[] Encapsulate(byte[] message, long position)
    {
        long length = IpcFormat.Padded(position + 8 + message.Length) - position;
        if (length > int.MaxValue - 64) throw ArrowFailure.TooLarge("The Arrow metadata was over 2 GiB.");
        var framed = new byte[length];
        BinaryPrimitives.WriteInt32LittleEndian(framed, IpcFormat.Continuation);
        BinaryPrimitives.WriteInt32LittleEndian(framed.AsSpan(4), (int)length - 8);
        message.CopyTo(framed, 8);
        return framed;
    }

    /// <summary>A schema table.</summary>
    public static int Schema(FlatWriter writer, SchemaBox schema)
    {
        int fields = Fields(writer, schema.Root.Children);
        int metadata = Metadata(writer, ArrowMetadata.Pairs(schema.Root.Metadata));
        writer.StartTable(3);
        writer.AddReference(1, fields);
        writer.AddReference(2, metadata);
        return writer.EndTable();
    }

    /// <summary>A vector of pairs, or 0 for none.</summary>
    public static int Metadata(FlatWriter writer, List<(byte[] Key, byte[] Value)> pairs)
    {
        if (pairs.Count == 0) return 0;
        var items = new int[pairs.Count];
        for (int i = 0; i < items.Length; i++)
        {
            int value = writer.Bytes(pairs[i].Value);
            int key = writer.Bytes(pairs[i].Key);
            writer.StartTable(2);
            writer.AddReference(0, key);
            writer.AddReference(1, value);
            items[i] = writer.EndTable();
        }
        return writer.References(items);
    }

    private static int Fields(FlatWriter writer, SchemaNode[] nodes)
    {
        var fields = new int[nodes.Length];
        for (int i = 0; i < nodes.Length; i++) fields[i] = Field(writer, nodes[i]);
        return writer.References(fields);
    }

    private static int Field(FlatWriter writer, SchemaNode node)
    {
        SchemaNode values = node.Dictionary ?? node;
        if (values.Dictionary is not null)
            throw ArrowFailure.Unsupported($"A dictionary of a dictionary, as in {node.Label}, cannot be stored.");
        List<(byte[], byte[])> pairs = ArrowMetadata.Pairs(node.Metadata);
        if (node.Dictionary?.Metadata.Length > 0)
            pairs.Add((Encoding.UTF8.GetBytes(IpcFormat.DictionaryMetadataKey), Encoding.ASCII.GetBytes(Convert.ToBase64String(node.Dictionary.Metadata))));

        int metadata = Metadata(writer, pairs);
        int children = Fields(writer, values.Children);
        int dictionary = node.Dictionary is null ? 0 : Dictionary(writer, node);
        (byte typeNumber, int type) = TypeEncoder.Type(writer, values);
        int name = writer.Bytes(node.Name);
        writer.StartTable(7);
        writer.AddReference(0, name);
        writer.AddReference(3, type);
        writer.AddReference(4, dictionary);
        writer.AddReference(5, children);
        writer.AddReference(6, metadata);
        writer.AddBool(1, node.IsNullable);
        writer.AddByte(2, typeNumber);
        return writer.EndTable();
    }

    private static int Dictionary(FlatWriter writer, SchemaNode node)
    {
        (_, int index) = TypeEncoder.Integer(writer, node.Type);
        writer.StartTable(4);
        writer.AddLong(0, node.DictionaryIndex);
        writer.AddReference(1, index);
        writer.AddBool(2, (node.Flags & ArrowSchema.FlagDictionaryOrdered) != 0);
        return writer.EndTable();
    }
}
