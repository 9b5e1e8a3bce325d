using ZkArrow.ArrowC;

namespace ZkArrow.Ipc;

/// <summary>Writes the offsets of values of given lengths, or the lengths themselves, in the width that a type has.</summary>
internal unsafe struct OffsetWriter
{
    private readonly SchemaNode _node;
    private readonly bool _areSizes;
    private long _next;

    public OffsetWriter(SharedOwner memory, long count, SchemaNode node, bool areSizes = false)
    {
        _node = node;
        _areSizes = areSizes;
        Start = memory.Allocate(count + 1, node.Type.OffsetWidth);
    }

    public void* Start { get; }

    /// <summary>The lengths so far, together.</summary>
    public long Sum { get; private set; }

    public void Add(long length)
    {
        Sum += length;
        if (_areSizes)
        {
            Put(_next++, length);
            return;
        }
        // offsets start at zero, which is there already
        Put(++_next, Sum);
    }

    private readonly void Put(long at, long value)
    {
        if (_node.Type.OffsetWidth == 8) ((long*)Start)[at] = value;
        else if (value <= int.MaxValue) ((int*)Start)[at] = (int)value;
        else throw ArrowFailure.TooLarge($"The dictionaries of {_node.Label} together had more than 2^31 values or bytes; use the type with 64-bit offsets.");
    }
}
