using System.Security.Cryptography;
using ZkArrow.Ipc;

namespace ZkArrow.ArrowC;

/// <summary>An immutable schema with reference counts: parsed nodes for us, one native block for those we export to.</summary>
internal sealed unsafe class SchemaBox : IDisposable
{
    private readonly SchemaBlock* _block;
    private int _refs = 1;
    private byte[]? _ipcMessage;
    private string? _fingerprint;

    /// <summary>Makes a box over parsed nodes; the caller holds the first reference.</summary>
    public SchemaBox(SchemaNode root)
    {
        Root = root;
        Dictionaries = NumberDictionaries(root);
        _block = SchemaBlock.Create(root);
    }

    /// <summary>The table's own struct; its children are the columns.</summary>
    public SchemaNode Root { get; }

    /// <summary>The columns.</summary>
    public IReadOnlyList<SchemaNode> Fields => Root.Children;

    /// <summary>The dictionary-encoded nodes, depth first: the place in this list is the dictionary's number.</summary>
    public IReadOnlyList<SchemaNode> Dictionaries { get; }

    /// <summary>The schema as an encapsulated IPC message, padded so that it ends at a multiple of 64 in a file.</summary>
    public byte[] IpcMessage => _ipcMessage ??= SchemaEncoder.Message(this);

    /// <summary>The first 128 bits of the SHA-256 of <see cref="IpcMessage"/>, as 32 hexadecimal digits.</summary>
    public string Fingerprint => _fingerprint ??= Convert.ToHexStringLower(SHA256.HashData(IpcMessage).AsSpan(0, 16));

    internal SchemaBlock* Block => _block;

    /// <summary>A box with the content of a struct, which stays the caller's. The same box comes back for equal content while it is warm.</summary>
    public static SchemaBox FromC(ArrowSchema* schema) => SchemaCache.Get(schema);

    /// <summary>A box with the content of an encapsulated schema message, such as <see cref="IpcMessage"/> is.</summary>
    public static SchemaBox FromIpcMessage(ReadOnlySpan<byte> message)
    {
        if (SchemaCache.Find(message) is SchemaBox warm) return warm;
        return new SchemaBox(SchemaDecoder.DecodeMessage(message));
    }

    public void AddRef()
    {
        if (!TryAddRef()) throw new ZkArrowException(ZkArrowStatus.InvalidHandle, "The schema was already released.");
    }

    public void Release()
    {
        if (Interlocked.Decrement(ref _refs) == 0) SchemaBlock.Release(_block);
    }

    /// <summary>Gives back the reference of whoever made the box.</summary>
    public void Dispose() => Release();

    /// <summary>Writes a copy with a life of its own.</summary>
    public void Export(ArrowSchema* target)
    {
        if (target == null) throw ArrowFailure.Invalid("The ArrowSchema to write to was NULL.");
        SchemaBlock.Export(_block, target);
    }

    /// <summary>Whether both describe the same columns, with the same metadata.</summary>
    public bool ContentEquals(SchemaBox other) => FirstDifference(other) is null;

    /// <summary>A sentence naming the first field that is not as <paramref name="other"/> has it, or null when they are equal.</summary>
    public string? FirstDifference(SchemaBox other) => SchemaDifference.First(Root, other.Root);

    internal bool TryAddRef()
    {
        int seen = Volatile.Read(ref _refs);
        while (seen > 0)
        {
            int before = Interlocked.CompareExchange(ref _refs, seen + 1, seen);
            if (before == seen) return true;
            seen = before;
        }
        return false;
    }

    private static List<SchemaNode> NumberDictionaries(SchemaNode root)
    {
        var found = new List<SchemaNode>();
        Visit(root);
        return found;

        void Visit(SchemaNode node)
        {
            if (node.Dictionary is not null)
            {
                node.DictionaryIndex = found.Count;
                found.Add(node);
                Visit(node.Dictionary);
            }
            foreach (SchemaNode child in node.Children) Visit(child);
        }
    }
}
