using ZkArrow.ArrowC;

namespace ZkArrow.Ipc;

/// <summary>
/// Reads the dictionaries of a file. Each has one message, whose values are not copied; other writers add more messages
/// with further values, and then the values are put together.
/// </summary>
internal sealed unsafe class DictionaryReader(SharedOwner shared, ValidationLevel level)
{
    private readonly Dictionary<long, IpcMessage> _whole = [];
    private List<(long Id, IpcMessage Message)>? _deltas;

    /// <summary>The values of each dictionary of a schema, whose ids are in the list, or are their numbers when that is null.</summary>
    public nint[] Read(IpcFile file, FlatVector blocks, SchemaBox schema, IReadOnlyList<long>? ids)
    {
        for (long i = 0; i < blocks.Count; i++) Keep(file.Message(blocks, i, IpcFormat.HeaderDictionary));
        var values = new nint[schema.Dictionaries.Count];
        // numbers grow inwards, so the dictionaries that others need are read first; columns may share one
        var readBefore = new Dictionary<long, int>();
        for (int i = values.Length - 1; i >= 0; i--)
        {
            SchemaNode node = schema.Dictionaries[i];
            long id = ids is null ? i : ids[i];
            if (readBefore.TryGetValue(id, out int same) && node.Dictionary!.ContentEquals(schema.Dictionaries[same].Dictionary!))
            {
                values[i] = values[same];
                continue;
            }
            if (!_whole.TryGetValue(id, out IpcMessage message)) throw ArrowFailure.Corrupt($"The Arrow file had no dictionary for {node.Label}.");
            ArrowArray* array = Decode(message, node, values, level);
            values[i] = (nint)(_deltas is null ? array : Grow(array, id, node, values));
            readBefore[id] = i;
        }
        return values;
    }

    private void Keep(IpcMessage message)
    {
        long id = message.Header.Long(0);
        if (message.Header.Bool(2)) (_deltas ??= []).Add((id, message));
        else if (!_whole.TryAdd(id, message))
            throw ArrowFailure.Unsupported($"The Arrow file replaced the dictionary with the id {id}, which Arrow files may not; write it as a stream, or with one dictionary.");
    }

    /// <summary>The values with those of all deltas behind them, which may belong to the first batch as well as to the last.</summary>
    private ArrowArray* Grow(ArrowArray* array, long id, SchemaNode node, nint[] values)
    {
        ArrayRanges? ranges = null;
        foreach ((long deltaOf, IpcMessage message) in _deltas!)
        {
            if (deltaOf != id) continue;
            if (ranges is null)
            {
                // putting together follows every offset, so every one is looked at first
                if (level != ValidationLevel.Full) FullCheck.Array(array, node.Dictionary!);
                ranges = new ArrayRanges();
                ranges.Add(array, array->Offset, array->Length);
            }
            ArrowArray* more = Decode(message, node, values, ValidationLevel.Full);
            if (more->Length > ArrayCheck.MaxLength - ranges.Length) throw ArrowFailure.Corrupt($"The dictionary of {node.Label} had over 2^56 values.");
            ranges.Add(more, more->Offset, more->Length);
        }
        if (ranges is null) return array;
        shared.Note("dictionary deltas: the file has dictionaries in several parts, which were copied into one");
        return new ArrayConcat(shared).Concat(ranges, node.Dictionary!);
    }

    private ArrowArray* Decode(IpcMessage message, SchemaNode node, nint[] values, ValidationLevel depth)
    {
        var decoder = new BatchDecoder(message, message.Header.Table(1), values, shared);
        ArrowArray* array = decoder.Array(node.Dictionary!);
        if (depth == ValidationLevel.Full) FullCheck.Array(array, node.Dictionary!);
        return array;
    }
}
