using ZkArrow.ArrowC;

namespace ZkArrow.Ipc;

/// <summary>
/// Lays structs over the body of one record batch message. Every buffer is checked to lie inside the body and to be as long as
/// its values need, so that a consumer that trusts the struct stays inside too.
/// </summary>
internal unsafe ref struct BatchDecoder
{
    private readonly byte* _body;
    private readonly long _bodyLength;
    private readonly nint[] _dictionaries;
    private readonly SharedOwner _memory;
    private readonly FlatVector _nodes;
    private readonly FlatVector _buffers;
    private readonly FlatVector _dataBuffers;
    private readonly bool _isV4;
    private readonly long _rows;
    private long _nextNode;
    private long _nextBuffer;
    private long _nextDataBuffers;
    private long _used;

    /// <summary>Reads the head of a batch; of a dictionary's message, <paramref name="batch"/> is the batch inside of it.</summary>
    public BatchDecoder(IpcMessage message, FlatTable batch, nint[] dictionaries, SharedOwner memory)
    {
        _body = message.Body;
        _bodyLength = message.BodyLength;
        _isV4 = message.IsV4;
        _dictionaries = dictionaries;
        _memory = memory;
        if (batch.Has(3))
        {
            string codec = batch.Table(3).Byte(0) switch { 0 => "LZ4", 1 => "ZSTD", byte other => $"codec {other}" };
            throw ArrowFailure.Unsupported(
                $"The Arrow file was compressed with {codec}; compressed bytes cannot be shared, so write it without compression.");
        }
        _rows = batch.Long(0);
        if (_rows is < 0 or > ArrayCheck.MaxLength) throw ArrowFailure.Corrupt($"A batch of the Arrow file had {_rows} rows.");
        _nodes = batch.Vector(1, 16);
        _buffers = batch.Vector(2, 16);
        _dataBuffers = batch.Vector(4, 8);
    }

    /// <summary>A batch with the columns of a schema.</summary>
    public ArrowArray* Batch(SchemaNode root)
    {
        var array = (ArrowArray*)_memory.Allocate(1, sizeof(ArrowArray));
        array->Length = _rows;
        array->NBuffers = 1;
        array->Buffers = (void**)_memory.Allocate(1, sizeof(void*));
        Children(array, root, _rows);
        CheckAllUsed();
        for (int i = 0; i < root.Children.Length; i++)
        {
            // one that is longer would be cut, and an offset that nobody has looked at would be its last
            if (array->Children[i]->Length != _rows)
                throw ArrowFailure.Corrupt($"The column {root.Children[i].Label} had {array->Children[i]->Length} values in a batch of {_rows}.");
        }
        return array;
    }

    /// <summary>The values of a dictionary.</summary>
    public ArrowArray* Array(SchemaNode node)
    {
        var array = (ArrowArray*)_memory.Allocate(1, sizeof(ArrowArray));
        Node(array, node);
        CheckAllUsed();
        if (array->Length != _rows) throw ArrowFailure.Corrupt($"The dictionary of {node.Label} had {array->Length} values in a batch of {_rows}.");
        return array;
    }

    private readonly void CheckAllUsed()
    {
        if (_nextDataBuffers != _dataBuffers.Count)
            throw ArrowFailure.Corrupt($"A batch of the Arrow file counted the data buffers of {_dataBuffers.Count} views where its schema has {_nextDataBuffers}.");
        if (_nextNode != _nodes.Count || _nextBuffer != _buffers.Count)
        {
            throw ArrowFailure.Corrupt(
                $"A batch of the Arrow file had {_nodes.Count} nodes and {_buffers.Count} buffers where its schema has {_nextNode} and {_nextBuffer}.");
        }
    }

    private void Children(ArrowArray* array, SchemaNode node, long wanted)
    {
        int count = node.Children.Length;
        array->NChildren = count;
        if (count == 0) return;
        array->Children = (ArrowArray**)_memory.Allocate(count, sizeof(void*));
        var structs = (ArrowArray*)_memory.Allocate(count, sizeof(ArrowArray));
        for (int i = 0; i < count; i++)
        {
            array->Children[i] = structs + i;
            Node(structs + i, node.Children[i]);
            if (structs[i].Length < wanted)
                throw ArrowFailure.Corrupt($"The array of {node.Children[i].Label} had {structs[i].Length} values where its parent needs {wanted}.");
        }
    }

    private void Node(ArrowArray* array, SchemaNode node)
    {
        if (_nextNode == _nodes.Count) throw ArrowFailure.Corrupt($"A batch of the Arrow file had no node for {node.Label}.");
        long length = _nodes.Word(2 * _nextNode);
        long nulls = _nodes.Word((2 * _nextNode) + 1);
        _nextNode++;
        if (length is < 0 or > ArrayCheck.MaxLength || nulls < 0 || nulls > length)
            throw ArrowFailure.Corrupt($"The array of {node.Label} had length {length} and {nulls} nulls.");
        ArrowType type = node.Type;
        array->Length = length;
        array->NullCount = type.HasValidity ? nulls : type.Layout == ArrowLayout.Null ? length : 0;
        array->NBuffers = type.Buffers;
        // the decoder never releases what it lays out, but a struct without a release counts as released
        array->Release = (delegate* unmanaged[Cdecl]<ArrowArray*, void>)1;
        if (type.Layout == ArrowLayout.Null) return;
        if (type.Buffers > 0) array->Buffers = (void**)_memory.Allocate(type.Buffers, sizeof(void*));
        if (type.HasValidity) Validity(array, node);
        else if (_isV4) NoValidity(node, nulls);
        switch (type.Layout)
        {
            case ArrowLayout.Bits:
                array->Buffers[1] = Buffer(node, ArrayLayout.BitmapBytes(length), out _);
                break;
            case ArrowLayout.Fixed:
                array->Buffers[1] = Buffer(node, Product(length, type.Width), out _);
                break;
            case ArrowLayout.Binary32 or ArrowLayout.Binary64:
                long last = Offsets(array, node);
                array->Buffers[2] = Buffer(node, last, out _);
                break;
            case ArrowLayout.List32 or ArrowLayout.List64 or ArrowLayout.Map:
                Children(array, node, Offsets(array, node));
                break;
            case ArrowLayout.FixedList:
                Children(array, node, Product(length, type.Width));
                break;
            case ArrowLayout.Struct:
                Children(array, node, length);
                break;
            case ArrowLayout.View:
                Views(array, node);
                break;
            case ArrowLayout.ListView32 or ArrowLayout.ListView64:
                array->Buffers[1] = Buffer(node, Product(length, type.OffsetWidth), out _);
                array->Buffers[2] = Buffer(node, Product(length, type.OffsetWidth), out _);
                Children(array, node, 0);
                break;
            case ArrowLayout.SparseUnion:
                array->Buffers[0] = Buffer(node, length, out _);
                Children(array, node, length);
                break;
            case ArrowLayout.DenseUnion:
                array->Buffers[0] = Buffer(node, length, out _);
                array->Buffers[1] = Buffer(node, Product(length, 4), out _);
                Children(array, node, 0);
                break;
            case ArrowLayout.RunEnd:
                Children(array, node, 0);
                if (RunEnds.Problem(array, node) is string problem) throw ArrowFailure.Corrupt($"The array of {node.Label} {problem}.");
                break;
        }
        if (node.Dictionary is not null) array->Dictionary = (ArrowArray*)_dictionaries[node.DictionaryIndex];
    }

    private void Validity(ArrowArray* array, SchemaNode node)
    {
        byte* bits = Buffer(node, 0, out long bytes);
        if (bytes == 0 && array->NullCount == 0) return;
        if (bytes < ArrayLayout.BitmapBytes(array->Length))
            throw ArrowFailure.Corrupt($"The validity of {node.Label} had {bytes} bytes for {array->Length} values.");
        array->Buffers[0] = bits;
    }

    /// <summary>Passes over the bitmap that old files have where newer ones have none.</summary>
    private void NoValidity(SchemaNode node, long nulls)
    {
        Buffer(node, 0, out _);
        if (nulls > 0) throw ArrowFailure.Unsupported($"The type {node.Type.Name} of {node.Label} had nulls of its own, which it no longer can.");
    }

    /// <summary>Lays out views, their data buffers, and last the sizes of these.</summary>
    private void Views(ArrowArray* array, SchemaNode node)
    {
        if (_nextDataBuffers == _dataBuffers.Count) throw ArrowFailure.Corrupt($"A batch of the Arrow file did not count the data buffers of {node.Label}.");
        long count = _dataBuffers.Word(_nextDataBuffers++);
        // each of them has a buffer to come, which bounds what is allocated here
        if (count < 0 || count > _buffers.Count - _nextBuffer)
            throw ArrowFailure.Corrupt($"A batch of the Arrow file said that {node.Label} had {count} data buffers.");
        void* validity = array->Buffers[0];
        array->NBuffers = 3 + count;
        array->Buffers = (void**)_memory.Allocate(3 + count, sizeof(void*));
        array->Buffers[0] = validity;
        array->Buffers[1] = Buffer(node, Product(array->Length, sizeof(BinaryView)), out _);
        if (count == 0) return;
        var sizes = (long*)_memory.Allocate(count, sizeof(long));
        for (long i = 0; i < count; i++) array->Buffers[2 + i] = Buffer(node, 0, out sizes[i]);
        array->Buffers[2 + count] = sizes;
    }

    /// <summary>Lays out the offsets; returns the last one, which the values must reach.</summary>
    private long Offsets(ArrowArray* array, SchemaNode node)
    {
        long needed = array->Length == 0 ? 0 : Product(array->Length + 1, node.Type.OffsetWidth);
        byte* offsets = Buffer(node, needed, out long bytes);
        // a missing offset of an empty array is filled in when it is exported
        if (bytes < node.Type.OffsetWidth) return 0;
        array->Buffers[1] = offsets;
        if (array->Length == 0)
        {
            // a consumer may read the one offset that is there
            bool zero = node.Type.OffsetWidth == 4 ? *(int*)offsets == 0 : *(long*)offsets == 0;
            if (!zero) array->Buffers[1] = null;
            return 0;
        }
        bool narrow = node.Type.OffsetWidth == 4;
        long first = narrow ? *(int*)offsets : *(long*)offsets;
        long last = narrow ? ((int*)offsets)[array->Length] : ((long*)offsets)[array->Length];
        if (first < 0 || last < first) throw ArrowFailure.Corrupt($"The offsets of {node.Label} went from {first} to {last}.");
        return last;
    }

    /// <summary>The next buffer, which must have some bytes at least.</summary>
    private byte* Buffer(SchemaNode node, long needed, out long bytes)
    {
        if (_nextBuffer == _buffers.Count) throw ArrowFailure.Corrupt($"A batch of the Arrow file had no buffer for {node.Label}.");
        long offset = _buffers.Word(2 * _nextBuffer);
        bytes = _buffers.Word((2 * _nextBuffer) + 1);
        _nextBuffer++;
        if (offset < 0 || bytes < 0 || offset > _bodyLength || bytes > _bodyLength - offset)
            throw ArrowFailure.Corrupt($"A buffer of {node.Label} at {offset} with {bytes} bytes was not inside its body of {_bodyLength}.");
        _used += bytes;
        // overlapping buffers are inside too, but would let a small file cost the work of a large one
        if (_used > _bodyLength) throw ArrowFailure.Corrupt($"The buffers of a batch of the Arrow file overlapped: {_used} bytes in a body of {_bodyLength}.");
        if (bytes < needed) throw ArrowFailure.Corrupt($"A buffer of {node.Label} had {bytes} bytes where {needed} are needed.");
        byte* start = _body + offset;
        return bytes > 0 && ((nint)start & 7) != 0 ? _memory.Copy(start, bytes) : start;
    }

    /// <summary>A size that overflows is more than any body has.</summary>
    private static long Product(long count, long width)
    {
        long high = Math.BigMul(count, width, out long low);
        return high == 0 && low >= 0 ? low : long.MaxValue;
    }
}
