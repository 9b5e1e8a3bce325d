using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using ZkArrow.ArrowC;

namespace ZkArrow.Ipc;

/// <summary>Lays a table over the bytes of an Arrow IPC file, which it does not trust. Nothing is copied
/// but the schema, and what other writers left in a form that cannot be used in place; the table says so then.</summary>
internal static unsafe class IpcReader
{
    /// <summary>A struct, its place in a list of children, and three buffers.</summary>
    private static readonly int BytesPerNode = sizeof(ArrowArray) + (4 * sizeof(void*));

    /// <summary>
    /// Reads a file in memory. <paramref name="owner"/> is disposed when the table and all that was exported from it are gone, or on
    /// failure; at once when the file has no batch, since nothing refers to its bytes then.
    /// </summary>
    public static ArrowTable Read(
        byte* start, long length, IDisposable owner, ValidationLevel level, out IReadOnlyList<KeyValuePair<string, string>> footerMetadata)
    {
        var shared = new SharedOwner(owner);
        try
        {
            return Read(new IpcFile(start, length), shared, level, out footerMetadata);
        }
        finally
        {
            shared.Dispose();
        }
    }

    private static ArrowTable Read(
        IpcFile file, SharedOwner shared, ValidationLevel level, out IReadOnlyList<KeyValuePair<string, string>> footerMetadata)
    {
        FlatTable footer = file.Footer(out long footerLength);
        footerMetadata = Metadata(footer, footerLength);
        FlatVector batchBlocks = footer.Vector(3, 24);
        file.CheckBlocks(footer.Vector(2, 24), batchBlocks);
        SchemaBox schema = ReadSchema(file, footer, footerLength, out IReadOnlyList<long>? dictionaryIds);
        var batches = new List<ArrayBox>(checked((int)batchBlocks.Count));
        try
        {
            shared.Expect((long)schema.Root.Nodes * batchBlocks.Count * BytesPerNode);
            nint[] dictionaries = schema.Dictionaries.Count == 0 || batchBlocks.Count == 0
                ? []
                : new DictionaryReader(shared, level).Read(file, footer.Vector(2, 24), schema, dictionaryIds);
            for (long i = 0; i < batchBlocks.Count; i++)
            {
                IpcMessage message = file.Message(batchBlocks, i, IpcFormat.HeaderBatch);
                batches.Add(ReadBatch(message, schema, dictionaries, shared, level));
            }
            return new ArrowTable(schema, [.. batches]) { CopyReason = shared.CopyReason };
        }
        catch
        {
            foreach (ArrayBox batch in batches) batch.Release();
            schema.Release();
            throw;
        }
    }

    private static List<KeyValuePair<string, string>> Metadata(FlatTable footer, long footerLength)
    {
        var pairs = new List<KeyValuePair<string, string>>();
        foreach ((byte[] key, byte[] value) in SchemaDecoder.Pairs(footer, 4, footerLength))
            pairs.Add(new(Encoding.UTF8.GetString(key), Encoding.UTF8.GetString(value)));
        return pairs;
    }

    /// <summary>
    /// The schema; its dictionaries have the ids in the list, or their own numbers when that is null. A file of ours starts with a
    /// schema message that was met before, and costs one comparison.
    /// </summary>
    private static SchemaBox ReadSchema(IpcFile file, FlatTable footer, long footerLength, out IReadOnlyList<long>? dictionaryIds)
    {
        dictionaryIds = null;
        if (SchemaCache.Find(file.FirstMessage()) is SchemaBox warm) return warm;
        (SchemaNode root, IReadOnlyList<long> ids) = SchemaDecoder.Decode(footer.Table(1), footerLength);
        var box = new SchemaBox(root);
        if (file.FirstMessage().SequenceEqual(box.IpcMessage)) SchemaCache.Keep(box);
        else dictionaryIds = ids;
        return box;
    }

    private static ArrayBox ReadBatch(IpcMessage message, SchemaBox schema, nint[] dictionaries, SharedOwner shared, ValidationLevel level)
    {
        var decoder = new BatchDecoder(message, message.Header, dictionaries, shared);
        ArrowArray* array = decoder.Batch(schema.Root);
        if (level == ValidationLevel.Full) FullCheck.Batch(array, schema.Root);
        // the structs belong to the shared owner: releasing the array only marks it
        array->Release = &MarkReleased;
        shared.AddHolder();
        try
        {
            return ArrayBox.Move(array, schema, shared);
        }
        catch
        {
            shared.Dispose();
            throw;
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void MarkReleased(ArrowArray* array) => array->Release = null;
}
