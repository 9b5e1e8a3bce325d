using ZkArrow.ArrowC;

namespace ZkArrow.Ipc;

/// <summary>Indices into one dictionary, written as indices into another that has its values at other places.</summary>
internal sealed unsafe class MappedIndices(ArrowArray* array, SchemaNode node, long start, int[] map) : ComputedPart
{
    private readonly byte* _validity = (byte*)array->Buffers[0];
    private readonly void* _indices = array->Buffers[1];

    protected override int Width => node.Type.Width;

    /// <summary>Writes the indices from <paramref name="at"/> on.</summary>
    public void Fill(byte* target, long at, long count)
    {
        for (long i = 0; i < count; i++)
        {
            long mapped = Mapped(start + at + i);
            switch (Width)
            {
                case 1: target[i] = (byte)mapped; break;
                case 2: ((short*)target)[i] = (short)mapped; break;
                case 4: ((int*)target)[i] = (int)mapped; break;
                default: ((long*)target)[i] = mapped; break;
            }
        }
    }

    protected override void Fill(byte* target, long at, int count) => Fill(target, at, (long)count);

    private long Mapped(long at)
    {
        // a null's index may be anything
        if (_validity != null && ((_validity[at >> 3] >> (int)(at & 7)) & 1) == 0) return 0;
        long index = DictionaryIndex.At(_indices, at, node);
        return index >= 0 && index < map.Length
            ? map[index]
            : throw ArrowFailure.Invalid($"A value of {node.Label} was the dictionary's {index}, which has {map.Length}.");
    }
}
