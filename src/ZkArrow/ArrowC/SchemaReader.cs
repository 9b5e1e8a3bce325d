using System.Runtime.InteropServices;
using System.Text;

namespace ZkArrow.ArrowC;

/// <summary>Reads an ArrowSchema of any producer into nodes, trusting only that its pointers point.</summary>
internal static unsafe class SchemaReader
{
    /// <summary>The nodes of a schema, which must be that of a table.</summary>
    public static SchemaNode Read(ArrowSchema* schema)
    {
        if (schema == null) throw ArrowFailure.Invalid("The ArrowSchema was NULL.");
        if (schema->Release == null) throw ArrowFailure.Invalid("The ArrowSchema was already released.");
        int budget = SchemaNode.MaxNodes;
        SchemaNode root = Read(schema, "", 0, ref budget, isRoot: true);
        if (root.Type.Layout != ArrowLayout.Struct || root.Dictionary is not null)
            throw ArrowFailure.Invalid($"The schema was {root.TypeName}; a table needs a struct at its top level.");
        return root;
    }

    private static SchemaNode Read(ArrowSchema* schema, string path, int depth, ref int budget, bool isRoot)
    {
        if (depth > SchemaNode.MaxDepth)
            throw ArrowFailure.TooLarge($"The schema nested deeper than {SchemaNode.MaxDepth} levels.");
        if (--budget < 0) throw ArrowFailure.TooLarge($"The schema had more than {SchemaNode.MaxNodes} fields.");
        if (schema->Format == null) throw ArrowFailure.Invalid($"The format of column '{path}' was NULL.");
        long count = schema->NChildren;
        if (count < 0 || (count > 0 && schema->Children == null))
            throw ArrowFailure.Invalid($"The schema of column '{path}' had {count} children without a list of them.");
        if (count > budget) throw ArrowFailure.TooLarge($"The schema had more than {SchemaNode.MaxNodes} fields.");

        var children = new SchemaNode[count];
        for (long i = 0; i < count; i++)
        {
            ArrowSchema* child = Checked(schema->Children[i], path);
            children[i] = Read(child, SchemaNode.Join(path, Bytes(child->Name)), depth + 1, ref budget, isRoot: false);
        }
        SchemaNode? dictionary = schema->Dictionary == null
            ? null
            : Read(Checked(schema->Dictionary, path), path, depth + 1, ref budget, isRoot: false);
        byte[] metadata = ArrowMetadata.Copy(schema->Metadata, path.Length == 0 ? "the schema" : $"column '{path}'");
        // the name and the flags of a table's own struct mean nothing and IPC does not carry them
        return SchemaNode.Create(
            ZkArrowStatus.InvalidArgument, isRoot ? [] : Bytes(schema->Name).ToArray(), path, Encoding.UTF8.GetString(Bytes(schema->Format)),
            isRoot ? 0 : schema->Flags, metadata, children, dictionary);
    }

    private static ArrowSchema* Checked(ArrowSchema* child, string path)
    {
        if (child == null || child->Release == null)
            throw ArrowFailure.Invalid($"A child of the schema of column '{path}' was NULL or already released.");
        return child;
    }

    /// <summary>The bytes of a C string; none for NULL.</summary>
    public static ReadOnlySpan<byte> Bytes(byte* text) => MemoryMarshal.CreateReadOnlySpanFromNullTerminated(text);
}
