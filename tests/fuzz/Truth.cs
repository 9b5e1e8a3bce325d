using System.Buffers.Binary;
using System.Text;
using ZkArrow.ArrowC;

namespace ZkArrow.Fuzz;

/// <summary>
/// Takes back what nobody could find out to be wrong: pointers carry no length, so a struct that says more than its
/// memory holds is not bad input but a broken promise. What contradicts itself stays.
/// </summary>
internal static unsafe class Truth
{
    private const int MaxRows = 32;
    private const int MaxWidth = StructArena.BufferBytes / (2 * MaxRows);
    private const int MaxDepth = 70;

    public static void Restore(ArrowSchema* schema, ArrowArray* array)
    {
        int budget = 10_000;
        Restore(schema, array, 0, ref budget);
    }

    private static void Restore(ArrowSchema* schema, ArrowArray* array, int depth, ref int budget)
    {
        if (schema == null || depth > MaxDepth || --budget < 0) return;
        if (schema->Metadata != null) Metadata(schema->Metadata);
        if (schema->NChildren is > StructArena.ListEntries and <= SchemaNode.MaxNodes) schema->NChildren = StructArena.ListEntries;
        if (array != null && schema->Format != null) Values(schema, array);
        for (long i = 0; schema->Children != null && i < Math.Min(schema->NChildren, StructArena.ListEntries); i++)
            Restore(schema->Children[i], array == null || array->Children == null ? null : array->Children[i], depth + 1, ref budget);
        Restore(schema->Dictionary, array == null ? null : array->Dictionary, depth + 1, ref budget);
    }

    private static void Values(ArrowSchema* schema, ArrowArray* array)
    {
        if (array->Length is > MaxRows and <= ArrayCheck.MaxLength) array->Length = MaxRows;
        if (array->Offset is > MaxRows and <= ArrayCheck.MaxLength) array->Offset = MaxRows;
        if (array->NBuffers is > StructArena.ListEntries and <= int.MaxValue) array->NBuffers = StructArena.ListEntries;
        ArrowType? type = ArrowType.Parse(Encoding.UTF8.GetString(SchemaReader.Bytes(schema->Format)));
        if (type is null || array->Buffers == null) return;
        if (type.Layout == ArrowLayout.Fixed && type.Width > MaxWidth) schema->Format = StructArena.Text($"w:{MaxWidth}");
        if (type.Layout is ArrowLayout.Binary32 or ArrowLayout.Binary64 && array->Buffers[1] != null)
            Limit(array->Buffers[1], type.OffsetWidth, 2 * MaxRows + 1);
        if (type.Layout == ArrowLayout.View && array->NBuffers is > 2 and <= StructArena.ListEntries && array->Buffers[array->NBuffers - 1] != null)
            Limit(array->Buffers[array->NBuffers - 1], 8, StructArena.ListEntries);
    }

    /// <summary>Sizes and offsets of bytes in one buffer are no larger than that.</summary>
    private static void Limit(void* numbers, int width, int count)
    {
        for (int i = 0; i < count; i++)
        {
            if (width == 4) ((int*)numbers)[i] = Math.Min(((int*)numbers)[i], StructArena.BufferBytes);
            else ((long*)numbers)[i] = Math.Min(((long*)numbers)[i], StructArena.BufferBytes);
        }
    }

    /// <summary>Metadata ends inside of its memory: the length that leads out becomes one that is refused.</summary>
    private static void Metadata(byte* metadata)
    {
        Span<byte> all = new(metadata, StructArena.BufferBytes);
        long at = 4;
        for (long part = 2L * BinaryPrimitives.ReadInt32LittleEndian(all); part > 0; part--)
        {
            int length = BinaryPrimitives.ReadInt32LittleEndian(all[(int)at..]);
            if (length < 0) return;
            if (at + 4 + length + 4 > all.Length)
            {
                BinaryPrimitives.WriteInt32LittleEndian(all[(int)at..], -1);
                return;
            }

            at += 4 + length;
        }
    }
}
