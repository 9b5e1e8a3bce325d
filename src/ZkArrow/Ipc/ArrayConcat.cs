using ZkArrow.ArrowC;

namespace ZkArrow.Ipc;

/// <summary>
/// Makes one array of ranges of several, for dictionaries that come in parts. The arrays must have passed the full check;
/// what is made lives as long as <paramref name="memory"/>.
/// </summary>
internal sealed unsafe class ArrayConcat(SharedOwner memory, DictionaryPlan? dictionaries = null)
{
    public ArrowArray* Concat(ArrayRanges ranges, SchemaNode node)
    {
        var target = (ArrowArray*)memory.Allocate(1, sizeof(ArrowArray));
        Write(target, ranges, node);
        return target;
    }

    private void Write(ArrowArray* target, ArrayRanges ranges, SchemaNode node)
    {
        ArrowType type = node.Type;
        target->Length = ranges.Length;
        target->NullCount = type.Layout == ArrowLayout.Null ? ranges.Length : 0;
        target->NBuffers = type.Buffers;
        target->Release = (delegate* unmanaged[Cdecl]<ArrowArray*, void>)1;
        target->Buffers = (void**)memory.Allocate(type.Buffers, sizeof(void*));
        if (type.HasValidity) WriteValidity(target, ranges, node);
        if (node.Children.Length > 0) AllocateChildren(target, node.Children.Length);
        switch (type.Layout)
        {
            case ArrowLayout.Bits:
                target->Buffers[1] = Bits(ranges, 1);
                break;
            case ArrowLayout.Fixed when node.Dictionary is not null:
                WriteIndices(target, ranges, node);
                break;
            case ArrowLayout.Fixed:
                target->Buffers[1] = Fixed(ranges, 1, type.Width);
                break;
            case ArrowLayout.Binary32 or ArrowLayout.Binary64:
                WriteBinary(target, ranges, node);
                break;
            case ArrowLayout.View:
                WriteViews(target, ranges);
                break;
            case ArrowLayout.List32 or ArrowLayout.List64 or ArrowLayout.Map:
            case ArrowLayout.ListView32 or ArrowLayout.ListView64:
                WriteLists(target, ranges, node);
                break;
            case ArrowLayout.FixedList:
                WriteChild(target, ranges, node, 0, type.Width);
                break;
            case ArrowLayout.Struct:
                for (int i = 0; i < node.Children.Length; i++) WriteChild(target, ranges, node, i, 1);
                break;
            case ArrowLayout.SparseUnion:
                target->Buffers[0] = Fixed(ranges, 0, 1);
                for (int i = 0; i < node.Children.Length; i++) WriteChild(target, ranges, node, i, 1);
                break;
            case ArrowLayout.DenseUnion:
                WriteDenseUnion(target, ranges, node);
                break;
            case ArrowLayout.RunEnd:
                WriteRuns(target, ranges, node);
                break;
        }
    }

    private void AllocateChildren(ArrowArray* target, int count)
    {
        target->NChildren = count;
        target->Children = (ArrowArray**)memory.Allocate(count, sizeof(void*));
        for (int i = 0; i < count; i++) target->Children[i] = (ArrowArray*)memory.Allocate(1, sizeof(ArrowArray));
    }

    private void WriteValidity(ArrowArray* target, ArrayRanges ranges, SchemaNode node)
    {
        foreach (ArrayRange range in ranges)
            target->NullCount += ArrayLayout.CountNulls((ArrowArray*)range.Array, node, range.Start, range.Length);
        if (target->NullCount > 0) target->Buffers[0] = Bits(ranges, 0);
    }

    /// <summary>The bits of a buffer; where an array lacks it they are set.</summary>
    private byte* Bits(ArrayRanges ranges, int buffer)
    {
        var bits = (byte*)memory.Allocate(ArrayLayout.BitmapBytes(ranges.Length), 1);
        long at = 0;
        foreach (ArrayRange range in ranges)
        {
            var from = (byte*)((ArrowArray*)range.Array)->Buffers[buffer];
            for (long i = range.Start; i < range.Start + range.Length; i++, at++)
            {
                if (from == null || ((from[i >> 3] >> (int)(i & 7)) & 1) != 0) bits[at >> 3] |= (byte)(1 << (int)(at & 7));
            }
        }
        return bits;
    }

    private byte* Fixed(ArrayRanges ranges, int buffer, int width)
    {
        var values = (byte*)memory.Allocate(ranges.Length, width);
        byte* at = values;
        foreach (ArrayRange range in ranges) Append(ref at, ((ArrowArray*)range.Array)->Buffers[buffer], range.Start * width, range.Length * width);
        return values;
    }

    private static void Append(ref byte* at, void* source, long start, long bytes)
    {
        Buffer.MemoryCopy((byte*)source + start, at, bytes, bytes);
        at += bytes;
    }

    private void WriteIndices(ArrowArray* target, ArrayRanges ranges, SchemaNode node)
    {
        int width = node.Type.Width;
        var values = (byte*)memory.Allocate(ranges.Length, width);
        target->Buffers[1] = values;
        foreach (ArrayRange range in ranges)
        {
            var array = (ArrowArray*)range.Array;
            if (target->Dictionary == null) target->Dictionary = array->Dictionary;
            if (dictionaries?.MapOf(array, node) is not int[] map)
            {
                Append(ref values, array->Buffers[1], range.Start * width, range.Length * width);
                continue;
            }
            new MappedIndices(array, node, range.Start, map).Fill(values, 0, range.Length);
            values += range.Length * width;
        }
        if (dictionaries is not null) target->Dictionary = (ArrowArray*)dictionaries[node.DictionaryIndex];
    }

    private void WriteBinary(ArrowArray* target, ArrayRanges ranges, SchemaNode node)
    {
        var offsets = new OffsetWriter(memory, ranges.Length, node);
        foreach (ArrayRange range in ranges)
        {
            for (long i = 0; i < range.Length; i++)
            {
                (long first, long last) = ArrayLayout.Range((ArrowArray*)range.Array, node, range.Start + i, 1, long.MaxValue);
                offsets.Add(last - first);
            }
        }
        target->Buffers[1] = offsets.Start;
        var data = (byte*)memory.Allocate(offsets.Sum, 1);
        target->Buffers[2] = data;
        foreach (ArrayRange range in ranges)
        {
            var array = (ArrowArray*)range.Array;
            (long first, long last) = ArrayLayout.Range(array, node, range.Start, range.Length, long.MaxValue);
            Append(ref data, array->Buffers[2], first, last - first);
        }
    }

    /// <summary>Views keep their data buffers, which are not copied: each view only has to find the right one.</summary>
    private void WriteViews(ArrowArray* target, ArrayRanges ranges)
    {
        var firstBuffer = new Dictionary<nint, int>();
        int count = 0;
        foreach (ArrayRange range in ranges)
        {
            if (firstBuffer.TryAdd(range.Array, count)) count = checked(count + (int)((ArrowArray*)range.Array)->NBuffers - 3);
        }
        var views = (BinaryView*)memory.Allocate(ranges.Length, sizeof(BinaryView));
        var sizes = (long*)memory.Allocate(count, sizeof(long));
        void* validity = target->Buffers[0];
        target->NBuffers = 3 + count;
        target->Buffers = (void**)memory.Allocate(3 + count, sizeof(void*));
        target->Buffers[0] = validity;
        target->Buffers[1] = views;
        target->Buffers[2 + count] = sizes;
        foreach (ArrayRange range in ranges)
        {
            var array = (ArrowArray*)range.Array;
            int first = firstBuffer[range.Array];
            for (int i = 0; i < array->NBuffers - 3; i++)
            {
                target->Buffers[2 + first + i] = array->Buffers[2 + i];
                sizes[first + i] = ((long*)array->Buffers[array->NBuffers - 1])[i];
            }
            for (long i = range.Start; i < range.Start + range.Length; i++)
            {
                BinaryView view = ((BinaryView*)array->Buffers[1])[i];
                if (!view.IsInline) view.Buffer += first;
                *views++ = view;
            }
        }
    }

    /// <summary>Lists of both kinds; views come out one behind the other, as lists are.</summary>
    private void WriteLists(ArrowArray* target, ArrayRanges ranges, SchemaNode node)
    {
        bool areViews = node.Type.Layout is ArrowLayout.ListView32 or ArrowLayout.ListView64;
        var offsets = new OffsetWriter(memory, ranges.Length, node);
        var sizes = areViews ? new OffsetWriter(memory, ranges.Length, node, areSizes: true) : default;
        var values = new ArrayRanges();
        foreach (ArrayRange range in ranges)
        {
            var array = (ArrowArray*)range.Array;
            ArrowArray* child = array->Children[0];
            for (long i = range.Start; i < range.Start + range.Length; i++)
            {
                (long first, long size) = areViews ? ArrayLayout.ListView(array, node, i) : ArrayLayout.Range(array, node, i, 1, child->Length);
                if (!areViews) size -= first;
                offsets.Add(size);
                if (areViews) sizes.Add(size);
                values.Add(child, child->Offset + first, size);
            }
        }
        target->Buffers[1] = offsets.Start;
        if (areViews) target->Buffers[2] = sizes.Start;
        Write(target->Children[0], values, node.Children[0]);
    }

    /// <summary>A child that has so many values for each of its parent's.</summary>
    private void WriteChild(ArrowArray* target, ArrayRanges ranges, SchemaNode node, int i, long each)
    {
        var values = new ArrayRanges();
        foreach (ArrayRange range in ranges)
        {
            ArrowArray* child = ((ArrowArray*)range.Array)->Children[i];
            values.Add(child, child->Offset + (range.Start * each), range.Length * each);
        }
        Write(target->Children[i], values, node.Children[i]);
    }

    private void WriteDenseUnion(ArrowArray* target, ArrayRanges ranges, SchemaNode node)
    {
        int[] ids = node.Type.UnionIds;
        ArrayRanges[] values = [.. ids.Select(_ => new ArrayRanges())];
        target->Buffers[0] = Fixed(ranges, 0, 1);
        var offsets = (int*)memory.Allocate(ranges.Length, sizeof(int));
        target->Buffers[1] = offsets;
        foreach (ArrayRange range in ranges)
        {
            var array = (ArrowArray*)range.Array;
            for (long i = range.Start; i < range.Start + range.Length; i++)
            {
                int child = Array.IndexOf(ids, ((sbyte*)array->Buffers[0])[i]);
                *offsets++ = checked((int)values[child].Length);
                values[child].Add(array->Children[child], array->Children[child]->Offset + ((int*)array->Buffers[1])[i], 1);
            }
        }
        for (int i = 0; i < ids.Length; i++) Write(target->Children[i], values[i], node.Children[i]);
    }

    private void WriteRuns(ArrowArray* target, ArrayRanges ranges, SchemaNode node)
    {
        var ends = new List<long>();
        var values = new ArrayRanges();
        long total = 0;
        foreach (ArrayRange range in ranges)
        {
            var array = (ArrowArray*)range.Array;
            var runs = new RunEnds(array, node);
            long end = range.Start + range.Length;
            for (long run = runs.Find(range.Start), at = range.Start; at < end; run++)
            {
                long next = Math.Min(runs[run], end);
                total += next - at;
                at = next;
                ends.Add(total);
                values.Add(array->Children[1], array->Children[1]->Offset + run, 1);
            }
        }
        int width = node.Children[0].Type.Width;
        if (width < 8 && total >> ((8 * width) - 1) != 0) throw ArrowFailure.TooLarge($"The dictionary of {node.Label} had more values than its run ends can count.");
        var written = (byte*)memory.Allocate(ends.Count, width);
        for (int i = 0; i < ends.Count; i++) new ReadOnlySpan<byte>(BitConverter.GetBytes(ends[i]), 0, width).CopyTo(new Span<byte>(written + ((long)i * width), width));
        ArrowArray* child = target->Children[0];
        *child = new ArrowArray { Length = ends.Count, NBuffers = 2, Release = target->Release, Buffers = (void**)memory.Allocate(2, sizeof(void*)) };
        child->Buffers[1] = written;
        Write(target->Children[1], values, node.Children[1]);
    }
}
