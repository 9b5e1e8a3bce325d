using ZkArrow.ArrowC;

namespace ZkArrow.Ipc;

/// <summary>The offsets of a range of a dense union, counted from the first value of each child that the range uses.</summary>
internal sealed unsafe class DenseSlice : ComputedPart
{
    private readonly sbyte* _ids;
    private readonly int* _offsets;
    private readonly long[] _first = new long[128];
    private readonly long[] _last = new long[128];
    private readonly int[] _childIds;

    public DenseSlice(ArrowArray* array, SchemaNode node, long start, long length)
    {
        _ids = (sbyte*)array->Buffers[0] + start;
        _offsets = (int*)array->Buffers[1] + start;
        _childIds = node.Type.UnionIds;
        Array.Fill(_first, long.MaxValue);
        Array.Fill(_last, -1);
        long used = 0;
        for (long i = 0; i < length; i++)
        {
            sbyte id = _ids[i];
            if (id < 0) break;
            _first[id] = Math.Min(_first[id], _offsets[i]);
            _last[id] = Math.Max(_last[id], _offsets[i]);
            used++;
        }
        for (int id = 0; id < _first.Length; id++)
        {
            if (_first[id] == long.MaxValue) continue;
            int child = Array.IndexOf(_childIds, id);
            if (child < 0) used = 0;
            else if (_first[id] < 0 || _last[id] >= array->Children[child]->Length)
                throw ArrowFailure.Invalid($"The offsets of {node.Label} led out of {node.Children[child].Label}.");
        }
        if (used < length) throw ArrowFailure.Invalid($"A type id of {node.Label} was not one of its union's.");
    }

    protected override int Width => 4;

    /// <summary>The offsets; as they are where each child is used from its first value on.</summary>
    public BufferPart Offsets(long length) => Array.TrueForAll(_first, first => first is 0 or long.MaxValue)
        ? BufferPart.Copy(_offsets, length * 4)
        : Part(length);

    /// <summary>The first value of a child that the range uses.</summary>
    public long Start(int child) => Length(child) == 0 ? 0 : _first[_childIds[child]];

    /// <summary>How many values of a child there are from the first to the last that the range uses.</summary>
    public long Length(int child) => Math.Max(0, _last[_childIds[child]] - _first[_childIds[child]] + 1);

    protected override void Fill(byte* target, long at, int count)
    {
        for (int i = 0; i < count; i++) ((int*)target)[i] = (int)(_offsets[at + i] - _first[_ids[at + i]]);
    }
}
