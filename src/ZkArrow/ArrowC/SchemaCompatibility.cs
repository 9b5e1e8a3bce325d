using System.Text;

namespace ZkArrow.ArrowC;

/// <summary>
/// Whether a program written for one schema can read data of another. Fields are found by name: those that the program
/// does not know are passed over, those that are missing read as null, and narrow numbers fit into wide ones.
/// </summary>
internal static class SchemaCompatibility
{
    private const string ExtensionName = "ARROW:extension:name";

    /// <summary>A sentence that names the first field in the way; null when all can be read.</summary>
    /// <param name="reader">The schema that the program was written for.</param>
    /// <param name="data">The schema of what it is to read.</param>
    /// <param name="readerIs">What to call the reader's schema.</param>
    /// <param name="dataIs">What to call the data's.</param>
    public static string? Problem(SchemaNode reader, SchemaNode data, string readerIs, string dataIs)
    {
        if (!FitsType(reader, data))
            return $"{reader.Label} is {data.TypeName} in {dataIs} and {reader.TypeName} in {readerIs}, and the one cannot be read as the other";
        if (data.IsNullable && !reader.IsNullable && reader.Path.Length > 0)
            return $"{reader.Label} is nullable in {dataIs} and not in {readerIs}";
        if (!Extension(reader).SequenceEqual(Extension(data)))
            return $"{reader.Label} has another extension type in {dataIs} than in {readerIs}";
        if (reader.Type.Layout == ArrowLayout.Struct)
            return Fields(reader, data, readerIs, dataIs);
        if (reader.Children.Length != data.Children.Length)
            return $"{reader.Label} has {data.Children.Length} children in {dataIs} and {reader.Children.Length} in {readerIs}";
        return reader.Children.Zip(data.Children)
                .Select(pair => Problem(pair.First, pair.Second, readerIs, dataIs))
                .FirstOrDefault(problem => problem != null)
            ?? (reader.Dictionary == null ? null : Problem(reader.Dictionary, data.Dictionary!, readerIs, dataIs));
    }

    /// <summary>The fields of a struct by name; of those with one name, the first is the first.</summary>
    private static string? Fields(SchemaNode reader, SchemaNode data, string readerIs, string dataIs)
    {
        Dictionary<string, Queue<SchemaNode>> found = [];
        foreach (SchemaNode field in data.Children)
        {
            string name = Convert.ToHexString(field.Name);
            if (!found.TryGetValue(name, out Queue<SchemaNode>? fields))
                found[name] = fields = new Queue<SchemaNode>();
            fields.Enqueue(field);
        }

        foreach (SchemaNode field in reader.Children)
        {
            if (found.TryGetValue(Convert.ToHexString(field.Name), out Queue<SchemaNode>? same) && same.TryDequeue(out SchemaNode? counterpart))
            {
                if (Problem(field, counterpart, readerIs, dataIs) is string problem)
                    return problem;
            }
            else if (!field.IsNullable)
            {
                return $"{field.Label} is missing in {dataIs}, and is not nullable in {readerIs}";
            }
        }

        return null;
    }

    private static bool FitsType(SchemaNode reader, SchemaNode data)
    {
        if (reader.Dictionary is null != data.Dictionary is null)
            return false;
        if (reader.Dictionary is not null && ((reader.Flags ^ data.Flags) & ArrowSchema.FlagDictionaryOrdered) != 0)
            return false;
        return reader.Type.Format == data.Type.Format || Widens(data.Type, reader.Type);
    }

    /// <summary>Whether every value of one type is a value of the other: wider numbers, and longer offsets.</summary>
    private static bool Widens(ArrowType narrow, ArrowType wide)
    {
        if (narrow.IsInteger && wide.IsInteger)
            return wide.Width > narrow.Width && (wide.IsSignedInteger || !narrow.IsSignedInteger);
        return (narrow.Format, wide.Format) is ("e", "f") or ("e", "g") or ("f", "g")
            or ("u", "U") or ("z", "Z") or ("+l", "+L") or ("+vl", "+vL");
    }

    private static byte[] Extension(SchemaNode node) =>
        ArrowMetadata.Pairs(node.Metadata).LastOrDefault(pair => Encoding.UTF8.GetString(pair.Key) == ExtensionName).Value ?? [];
}
