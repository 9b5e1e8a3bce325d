using System.Runtime.InteropServices;
using System.Text;
using ZkArrow.ArrowC;

namespace ZkArrow.Tests.ArrowC;

/// <summary>Arrays of any type as any producer may make them: each struct with an offset of its own, with values behind its end.</summary>
internal sealed unsafe class RandomArrays(Random random)
{
    /// <summary>A table of one batch.</summary>
    public ArrowTable Table(RandomType type)
    {
        ArrowSchema schema;
        ArrowArray array;
        Schema(&schema, type);
        long rows = random.Next(12);
        Write(&array, type, rows);
        if (array.Buffers[0] != null)
        {
            NativeMemory.AlignedFree(array.Buffers[0]);
            array.Buffers[0] = null;
            array.NullCount = 0;
        }
        return ArrowTable.FromBatch(&array, &schema);
    }

    private static void Schema(ArrowSchema* target, RandomType type)
    {
        CountedSource.Schema(target, type.Format, type.Name, type.Flags, type.Children.Length);
        if (type.Metadata.Length > 0)
        {
            target->Metadata = (byte*)NativeMemory.Alloc((nuint)type.Metadata.Length);
            type.Metadata.CopyTo(new Span<byte>(target->Metadata, type.Metadata.Length));
        }
        for (int i = 0; i < type.Children.Length; i++) Schema(target->Children[i], type.Children[i]);
        if (type.Dictionary is null) return;
        target->Dictionary = (ArrowSchema*)NativeMemory.AllocZeroed((nuint)sizeof(ArrowSchema));
        Schema(target->Dictionary, type.Dictionary);
    }

    private void Write(ArrowArray* target, RandomType type, long length)
    {
        ArrowType parsed = ArrowType.Parse(type.Format)!;
        long offset = random.Next(4);
        int total = (int)(offset + length + random.Next(3));
        var children = new long[type.Children.Length];
        nint[] buffers = Buffers(parsed, type, total, children);
        CountedSource.Array(target, length, buffers, children.Length, -1);
        target->Offset = offset;
        for (int i = 0; i < children.Length; i++)
        {
            if (parsed.Layout == ArrowLayout.RunEnd && i == 0) RunEnds(target->Children[0], type.Children[0], children[0], total);
            else Write(target->Children[i], type.Children[i], children[i]);
        }
        if (type.Dictionary is not null)
        {
            target->Dictionary = (ArrowArray*)NativeMemory.AllocZeroed((nuint)sizeof(ArrowArray));
            Write(target->Dictionary, type.Dictionary, DictionaryLength);
        }
        if (parsed.HasValidity && random.Next(2) == 0) target->NullCount = ArrowCount(target);
        if (parsed.Layout == ArrowLayout.Null) target->NullCount = random.Next(2) == 0 ? -1 : length;
        else if (!parsed.HasValidity) target->NullCount = -random.Next(2);
    }

    private const int DictionaryLength = 5;

    private static long ArrowCount(ArrowArray* array) => array->Buffers[0] == null
        ? 0
        : array->Length - ArrayLayout.CountBits((byte*)array->Buffers[0], array->Offset, array->Length);

    /// <summary>The buffers of so many values; says how long each child must be.</summary>
    private nint[] Buffers(ArrowType type, RandomType shape, int total, long[] children)
    {
        nint validity = type.HasValidity && random.Next(2) == 0 ? Bytes((total + 7) / 8) : 0;
        switch (type.Layout)
        {
            case ArrowLayout.Null:
                return [];
            case ArrowLayout.Bits:
                return [validity, Bytes((total + 7) / 8)];
            case ArrowLayout.Fixed:
                return [validity, shape.Dictionary is null ? Bytes(total * type.Width) : Indices(total, type.Width)];
            case ArrowLayout.Binary32 or ArrowLayout.Binary64:
                byte[][] texts = [.. Enumerable.Range(0, total).Select(_ => Text(9))];
                return [validity, Offsets([.. texts.Select(text => text.Length)], type.OffsetWidth), CountedSource.Buffer([.. texts.SelectMany(text => text)])];
            case ArrowLayout.View:
                return Views(validity, total);
            case ArrowLayout.List32 or ArrowLayout.List64 or ArrowLayout.Map:
                int[] sizes = [.. Enumerable.Range(0, total).Select(_ => random.Next(4))];
                nint offsets = Offsets(sizes, type.OffsetWidth);
                children[0] = sizes.Sum() + 3;
                return [validity, offsets];
            case ArrowLayout.ListView32 or ArrowLayout.ListView64:
                int most = children.Length == 0 ? 0 : random.Next(9);
                children[0] = most;
                long[] starts = [.. Enumerable.Range(0, total).Select(_ => (long)random.Next(most + 1))];
                return [validity, Numbers(starts, type.OffsetWidth), Numbers([.. starts.Select(start => (long)random.Next(most - (int)start + 1))], type.OffsetWidth)];
            case ArrowLayout.FixedList:
                children[0] = (long)total * type.Width;
                return [validity];
            case ArrowLayout.Struct:
                Array.Fill(children, total);
                return [validity];
            case ArrowLayout.SparseUnion:
                Array.Fill(children, total);
                return [Ids(type, total, out _)];
            case ArrowLayout.DenseUnion:
                nint ids = Ids(type, total, out int[] picked);
                return [ids, Numbers([.. picked.Select(child => children[child]++)], 4)];
            default:
                children[0] = random.Next(1, 6);
                children[1] = children[0] + random.Next(2);
                return [];
        }
    }

    private void RunEnds(ArrowArray* target, RandomType type, long runs, int total)
    {
        int offset = random.Next(3);
        long[] ends = [.. Enumerable.Range(1, offset + (int)runs).Select(run => (long)(run - offset))];
        if (ends[^1] < total) ends[^1] = total + random.Next(3);
        int width = ArrowType.Parse(type.Format)!.Width;
        CountedSource.Array(target, runs, [0, Numbers(ends, width)], 0, 0);
        target->Offset = offset;
    }

    private nint Ids(ArrowType type, int total, out int[] picked)
    {
        picked = [.. Enumerable.Range(0, total).Select(_ => random.Next(type.UnionIds.Length))];
        return CountedSource.Buffer([.. picked.Select(child => (byte)type.UnionIds[child])]);
    }

    private nint[] Views(nint validity, int total)
    {
        byte[][] data = [.. Enumerable.Range(0, random.Next(3)).Select(_ => Text(60, least: 20))];
        byte[] views = new byte[16 * total];
        for (int i = 0; i < total; i++)
        {
            Span<byte> view = views.AsSpan(16 * i, 16);
            Span<int> words = MemoryMarshal.Cast<byte, int>(view);
            int buffer = random.Next(data.Length + 1);
            if (buffer == data.Length)
            {
                byte[] text = Text(12);
                words[0] = text.Length;
                text.CopyTo(view[4..]);
                continue;
            }
            int start = random.Next(data[buffer].Length - 13);
            words[0] = random.Next(13, data[buffer].Length - start + 1);
            data[buffer].AsSpan(start, 4).CopyTo(view[4..]);
            words[2] = buffer;
            words[3] = start;
        }
        nint sizes = CountedSource.Buffer(MemoryMarshal.AsBytes<long>([.. data.Select(bytes => (long)bytes.Length)]));
        return [validity, CountedSource.Buffer(views), .. data.Select(bytes => CountedSource.Buffer(bytes)), sizes];
    }

    private nint Indices(int total, int width) => Numbers([.. Enumerable.Range(0, total).Select(_ => (long)random.Next(DictionaryLength))], width);

    private static nint Offsets(int[] sizes, int width)
    {
        var offsets = new long[sizes.Length + 1];
        for (int i = 0; i < sizes.Length; i++) offsets[i + 1] = offsets[i] + sizes[i];
        return Numbers(offsets, width);
    }

    private static nint Numbers(long[] numbers, int width) =>
        CountedSource.Buffer([.. numbers.SelectMany(number => BitConverter.GetBytes(number).Take(width))]);

    private nint Bytes(int count)
    {
        var bytes = new byte[count];
        // few different values, so that dictionaries share some
        for (int i = 0; i < count; i++) bytes[i] = (byte)random.Next(4);
        return CountedSource.Buffer(bytes);
    }

    /// <summary>Text of one-byte characters, so that any part of it is text too.</summary>
    private byte[] Text(int most, int least = 0)
    {
        var text = new StringBuilder();
        for (int length = random.Next(least, most + 1); length > 0; length--) text.Append((char)('a' + random.Next(3)));
        return Encoding.ASCII.GetBytes(text.ToString());
    }
}
