using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using ZkArrow.ArrowC;

namespace ZkArrow.Ipc;

/// <summary>Lays a table over the bytes of an Arrow IPC file, which it does not trust. Nothing is copied but the schema.</summary>
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
            if (batchBlocks.Count > 0) schema.Root.RequireStorable("read from a file");
            shared.Expect((long)schema.Root.Nodes * batchBlocks.Count * BytesPerNode);
            nint[] dictionaries = ReadDictionaries(file, footer, schema, dictionaryIds, shared, batchBlocks.Count > 0, level);
            for (long i = 0; i < batchBlocks.Count; i++)
            {
                IpcMessage message = file.Message(batchBlocks, i, IpcFormat.HeaderBatch);
                batches.Add(ReadBatch(message, schema, dictionaries, shared, level));
            }
            return new ArrowTable(schema, [.. batches]);
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

    private static nint[] ReadDictionaries(
        IpcFile file, FlatTable footer, SchemaBox schema, IReadOnlyList<long>? ids, SharedOwner shared, bool needed, ValidationLevel level)
    {
        var values = new nint[schema.Dictionaries.Count];
        if (values.Length == 0 || !needed) return values;
        FlatVector blocks = footer.Vector(2, 24);
        var messages = new Dictionary<long, IpcMessage>();
        for (long i = 0; i < blocks.Count; i++)
        {
            IpcMessage message = file.Message(blocks, i, IpcFormat.HeaderDictionary);
            if (message.Header.Bool(2)) throw ArrowFailure.Unsupported("The Arrow file had a delta dictionary; write it with whole ones.");
            if (!messages.TryAdd(message.Header.Long(0), message))
                throw ArrowFailure.Unsupported($"The Arrow file had more than one dictionary with the id {message.Header.Long(0)}.");
        }
        // numbers grow inwards, so the dictionaries that others need are read first; columns may share one
        var readBefore = new Dictionary<long, int>();
        for (int i = values.Length - 1; i >= 0; i--)
        {
            SchemaNode node = schema.Dictionaries[i];
            long id = ids is null ? i : ids[i];
            if (!messages.TryGetValue(id, out IpcMessage message)) throw ArrowFailure.Corrupt($"The Arrow file had no dictionary for {node.Label}.");
            if (readBefore.TryGetValue(id, out int same) && node.Dictionary!.ContentEquals(schema.Dictionaries[same].Dictionary!))
            {
                values[i] = values[same];
                continue;
            }
            var decoder = new BatchDecoder(message.Header.Table(1), message.Body, message.BodyLength, values, shared);
            ArrowArray* array = decoder.Array(node.Dictionary!);
            if (level == ValidationLevel.Full) FullCheck.Array(array, node.Dictionary!);
            values[i] = (nint)array;
            readBefore[id] = i;
        }
        return values;
    }

    private static ArrayBox ReadBatch(IpcMessage message, SchemaBox schema, nint[] dictionaries, SharedOwner shared, ValidationLevel level)
    {
        var decoder = new BatchDecoder(message.Header, message.Body, message.BodyLength, dictionaries, shared);
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
