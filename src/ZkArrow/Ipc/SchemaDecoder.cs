using System.Buffers.Binary;
using System.Text;
using ZkArrow.ArrowC;

namespace ZkArrow.Ipc;

/// <summary>Reads the schema table of bytes that nobody vouches for.</summary>
internal sealed unsafe class SchemaDecoder
{
    private readonly List<long> _dictionaryIds = [];
    private long _budget;

    private SchemaDecoder(long budget) => _budget = budget;

    /// <summary>The nodes, and for each dictionary, depth first, the id it has in this file.</summary>
    public static (SchemaNode Root, IReadOnlyList<long> DictionaryIds) Decode(FlatTable schema, long metadataLength)
    {
        if (schema.Short(0) != 0) throw ArrowFailure.Unsupported("The Arrow file was big-endian; write it on a little-endian machine.");
        // tables may share bytes, so a small file could describe a schema of any size; an honest field takes 16 bytes
        var decoder = new SchemaDecoder(Math.Min(SchemaNode.MaxNodes, metadataLength / 16));
        SchemaNode[] fields = decoder.Fields(schema, 1, "", 1);
        byte[] metadata = ArrowMetadata.Encode(decoder.Pairs(schema, 2));
        SchemaNode root = SchemaNode.Create(ZkArrowStatus.Corrupt, [], "", "+s", 0, metadata, fields, null);
        return (root, decoder._dictionaryIds);
    }

    /// <summary>The nodes of an encapsulated schema message.</summary>
    public static SchemaNode DecodeMessage(ReadOnlySpan<byte> message)
    {
        if (message.Length < 16 || BinaryPrimitives.ReadInt32LittleEndian(message) != IpcFormat.Continuation
            || BinaryPrimitives.ReadInt32LittleEndian(message[4..]) != message.Length - 8)
        {
            throw ArrowFailure.Corrupt($"The {message.Length} bytes of a schema were not one Arrow message.");
        }
        fixed (byte* start = message)
        {
            FlatTable table = FlatTable.Root(start + 8, message.Length - 8);
            if (table.Byte(1) != IpcFormat.HeaderSchema) throw ArrowFailure.Corrupt("The Arrow message was not a schema.");
            return Decode(table.Table(2), message.Length - 8).Root;
        }
    }

    /// <summary>The pairs of a metadata vector.</summary>
    public static List<(byte[] Key, byte[] Value)> Pairs(FlatTable table, int slot, long metadataLength) =>
        new SchemaDecoder(metadataLength / 16).Pairs(table, slot);

    private List<(byte[] Key, byte[] Value)> Pairs(FlatTable table, int slot)
    {
        FlatVector vector = table.Vector(slot, 4);
        var pairs = new List<(byte[], byte[])>();
        for (long i = 0; i < vector.Count; i++)
        {
            FlatTable pair = table.Item(vector, i);
            ReadOnlySpan<byte> key = pair.Bytes(0);
            ReadOnlySpan<byte> value = pair.Bytes(1);
            Spend(1 + ((key.Length + value.Length) / 16));
            pairs.Add((key.ToArray(), value.ToArray()));
        }
        return pairs;
    }

    private SchemaNode[] Fields(FlatTable table, int slot, string path, int depth)
    {
        if (depth > SchemaNode.MaxDepth) throw ArrowFailure.TooLarge($"The schema nested deeper than {SchemaNode.MaxDepth} levels.");
        FlatVector vector = table.Vector(slot, 4);
        Spend(vector.Count);
        var fields = new SchemaNode[vector.Count];
        for (long i = 0; i < fields.Length; i++) fields[i] = Field(table.Item(vector, i), path, depth);
        return fields;
    }

    private SchemaNode Field(FlatTable field, string parent, int depth)
    {
        byte[] name = field.Bytes(0).ToArray();
        Spend(name.Length / 16);
        if (name.AsSpan().Contains((byte)0)) throw ArrowFailure.Corrupt("A column name contained a zero byte.");
        string path = SchemaNode.Join(parent, name);
        long flags = field.Bool(1) ? ArrowSchema.FlagNullable : 0;
        List<(byte[] Key, byte[] Value)> pairs = Pairs(field, 6);
        if (!field.Has(4))
        {
            SchemaNode[] children = Fields(field, 5, path, depth + 1);
            (string format, long typeFlags) = TypeDecoder.Type(field, path, children.Length);
            return SchemaNode.Create(
                ZkArrowStatus.Corrupt, name, path, format, flags | typeFlags, ArrowMetadata.Encode(pairs), children, null);
        }
        FlatTable dictionary = field.Table(4);
        if (dictionary.Short(3) != 0) throw ArrowFailure.Unsupported($"The dictionary of column '{path}' is of a kind that cannot be read.");
        _dictionaryIds.Add(dictionary.Long(0));
        string index = dictionary.Has(1) ? TypeDecoder.Integer(dictionary.Table(1), path) : "i";
        if (dictionary.Bool(2)) flags |= ArrowSchema.FlagDictionaryOrdered;
        byte[] valuesMetadata = TakeDictionaryMetadata(pairs);
        SchemaNode[] parts = Fields(field, 5, path, depth + 1);
        (string valueFormat, long valueFlags) = TypeDecoder.Type(field, path, parts.Length);
        SchemaNode values = SchemaNode.Create(
            ZkArrowStatus.Corrupt, [], path, valueFormat, valueFlags | ArrowSchema.FlagNullable, valuesMetadata, parts, null);
        return SchemaNode.Create(ZkArrowStatus.Corrupt, name, path, index, flags, ArrowMetadata.Encode(pairs), [], values);
    }

    private static byte[] TakeDictionaryMetadata(List<(byte[] Key, byte[] Value)> pairs)
    {
        byte[] key = Encoding.UTF8.GetBytes(IpcFormat.DictionaryMetadataKey);
        int at = pairs.FindLastIndex(pair => pair.Key.AsSpan().SequenceEqual(key));
        if (at < 0) return [];
        byte[]? metadata = FromBase64(pairs[at].Value);
        if (metadata is null || !ArrowMetadata.IsWellFormed(metadata)) return [];
        pairs.RemoveAt(at);
        return metadata;
    }

    private static byte[]? FromBase64(byte[] text)
    {
        try
        {
            return Convert.FromBase64String(Encoding.ASCII.GetString(text));
        }
        catch (FormatException)
        {
            return null;
        }
    }

    private void Spend(long amount)
    {
        _budget -= amount;
        if (_budget < 0) throw ArrowFailure.Corrupt("The Arrow schema described more fields than its bytes can hold.");
    }
}
