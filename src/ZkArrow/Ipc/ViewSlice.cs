using ZkArrow.ArrowC;

namespace ZkArrow.Ipc;

/// <summary>The views of a range, and of each data buffer the part that they refer to.</summary>
internal sealed unsafe class ViewSlice : ComputedPart
{
    private readonly ArrowArray* _array;
    private readonly BinaryView* _views;
    private readonly byte* _validity;
    private readonly long _start;
    private readonly long[] _from;
    private readonly long[] _to;

    public ViewSlice(ArrowArray* array, SchemaNode node, long start, long length)
    {
        _array = array;
        _views = (BinaryView*)array->Buffers[1] + start;
        _validity = (byte*)array->Buffers[0];
        _start = start;
        _from = new long[array->NBuffers - 3];
        _to = new long[_from.Length];
        Array.Fill(_from, long.MaxValue);
        var sizes = (long*)array->Buffers[array->NBuffers - 1];
        for (long i = 0; i < length; i++)
        {
            BinaryView view = _views[i];
            if (view.IsInline || IsNull(i)) continue;
            if ((uint)view.Buffer >= (uint)_from.Length || view.Offset < 0 || view.Length > sizes[view.Buffer] - view.Offset)
                throw ArrowFailure.Invalid($"The value {i} of {node.Label} leads out of its data buffers.");
            _from[view.Buffer] = Math.Min(_from[view.Buffer], view.Offset);
            _to[view.Buffer] = Math.Max(_to[view.Buffer], (long)view.Offset + view.Length);
        }
    }

    protected override int Width => sizeof(BinaryView);

    /// <summary>How many data buffers there are.</summary>
    public int Buffers => _from.Length;

    /// <summary>The views; as they are where each data buffer is used from its start on.</summary>
    public BufferPart Views(long length) => Array.TrueForAll(_from, from => from is 0 or long.MaxValue)
        ? BufferPart.Copy(_views, length * Width)
        : Part(length);

    /// <summary>The used part of a data buffer.</summary>
    public BufferPart Data(int buffer) => _to[buffer] == 0
        ? default
        : BufferPart.Copy((byte*)_array->Buffers[2 + buffer] + _from[buffer], _to[buffer] - _from[buffer]);

    protected override void Fill(byte* target, long at, int count)
    {
        for (int i = 0; i < count; i++)
        {
            BinaryView view = _views[at + i];
            // a null's view may point anywhere
            if (IsNull(at + i)) view = default;
            else if (!view.IsInline) view.Offset -= (int)_from[view.Buffer];
            ((BinaryView*)target)[i] = view;
        }
    }

    private bool IsNull(long i) =>
        _validity != null && ((_validity[(_start + i) >> 3] >> (int)((_start + i) & 7)) & 1) == 0;
}
