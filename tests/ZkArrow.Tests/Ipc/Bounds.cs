using NUnit.Framework;
using ZkArrow.ArrowC;
using ZkArrow.Ipc;
using ZkArrow.Tests.ArrowC;

namespace ZkArrow.Tests.Ipc;

/// <summary>Follows a table that was read from memory as a consumer would, and fails where it would leave the memory.</summary>
internal sealed unsafe class Bounds(byte* start, long length, ValidationLevel level)
{
    public void Check(ArrowTable table)
    {
        foreach (ArrayBox batch in table.Batches)
        {
            for (int i = 0; i < table.Schema.Fields.Count; i++)
            {
                Assert.That(batch.View->Children[i]->Length, Is.EqualTo(batch.Length));
                Check(batch.View->Children[i], table.Schema.Fields[i]);
            }
        }
    }

    private void Check(ArrowArray* array, SchemaNode node)
    {
        long end = array->Offset + array->Length;
        ArrowType type = node.Type;
        if (type.HasValidity && array->Buffers[0] != null) Inside(array->Buffers[0], ArrayLayout.BitmapBytes(end), node);
        else if (type.HasValidity) Assert.That(array->NullCount, Is.Zero, node.Path);
        switch (type.Layout)
        {
            case ArrowLayout.Bits:
                Inside(array->Buffers[1], ArrayLayout.BitmapBytes(end), node);
                break;
            case ArrowLayout.Fixed:
                Inside(array->Buffers[1], checked(end * type.Width), node);
                break;
            case ArrowLayout.Binary32 or ArrowLayout.Binary64 or ArrowLayout.List32 or ArrowLayout.List64 or ArrowLayout.Map:
                Offsets(array, node, end);
                break;
            case ArrowLayout.Struct:
                foreach (int i in Enumerable.Range(0, node.Children.Length)) Assert.That(array->Children[i]->Length, Is.GreaterThanOrEqualTo(end));
                break;
            case ArrowLayout.FixedList:
                Assert.That(array->Children[0]->Length, Is.GreaterThanOrEqualTo(end * type.Width));
                break;
        }
        for (int i = 0; i < node.Children.Length; i++) Check(array->Children[i], node.Children[i]);
        if (node.Dictionary is null) return;
        Check(array->Dictionary, node.Dictionary);
        if (level != ValidationLevel.Full) return;
        for (long i = array->Offset; i < end; i++)
        {
            if (!Logical.IsNull(array, i, node)) Assert.That(Logical.Index(array, i, node), Is.InRange(0L, array->Dictionary->Length - 1));
        }
    }

    private void Offsets(ArrowArray* array, SchemaNode node, long end)
    {
        // an empty array may point to the one offset that is ours
        if (array->Length == 0) return;
        Inside(array->Buffers[1], checked((end + 1) * node.Type.OffsetWidth), node);
        (long first, _) = Logical.Range(array, array->Offset, node.Type);
        (_, long last) = Logical.Range(array, end - 1, node.Type);
        Assert.That(first, Is.InRange(0L, last));
        if (node.Children.Length > 0) Assert.That(last, Is.LessThanOrEqualTo(array->Children[0]->Length));
        else Inside(array->Buffers[2], last, node);
        if (level != ValidationLevel.Full) return;
        for (long i = array->Offset; i < end; i++)
        {
            (long from, long to) = Logical.Range(array, i, node.Type);
            Assert.That(to, Is.InRange(from, last));
        }
    }

    private void Inside(void* buffer, long bytes, SchemaNode node)
    {
        if (bytes == 0) return;
        long at = (byte*)buffer - start;
        if (at < 0 || bytes > length - at) Assert.Fail($"a buffer of {node.Path} at {at} with {bytes} bytes leaves the {length} of its file");
    }
}
