using NUnit.Framework;
using ZkArrow.ArrowC;
using ZkArrow.Ipc;
using ZkArrow.Tests.ArrowC;

namespace ZkArrow.Tests.Ipc;

/// <summary>Follows a table that was read from memory as a consumer would, and fails where it would leave the memory.</summary>
internal sealed unsafe class Bounds(byte* start, long length, ValidationLevel level)
{
    private bool _isCopied;

    public void Check(ArrowTable table)
    {
        // copied buffers are not at any place of the file
        _isCopied = table.CopyReason is not null;
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
        if (type.Layout == ArrowLayout.View) Views(array, node, end);
        if (type.Layout is ArrowLayout.ListView32 or ArrowLayout.ListView64) ListViews(array, node, end);
        if (type.Layout is ArrowLayout.SparseUnion or ArrowLayout.DenseUnion) Union(array, node, end);
        if (type.Layout == ArrowLayout.RunEnd) Runs(array, node, end);
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

    private void Views(ArrowArray* array, SchemaNode node, long end)
    {
        Inside(array->Buffers[1], checked(end * 16), node);
        var sizes = (long*)array->Buffers[array->NBuffers - 1];
        for (long b = 0; b < array->NBuffers - 3; b++) Inside(array->Buffers[2 + b], sizes[b], node);
        if (level != ValidationLevel.Full) return;
        for (long i = array->Offset; i < end; i++)
        {
            int* view = (int*)array->Buffers[1] + (4 * i);
            if (Logical.IsNull(array, i, node) || view[0] <= 12) continue;
            Assert.That(view[2], Is.InRange(0, array->NBuffers - 4));
            Assert.That(view[3], Is.InRange(0, sizes[view[2]] - view[0]));
        }
    }

    private void ListViews(ArrowArray* array, SchemaNode node, long end)
    {
        Inside(array->Buffers[1], checked(end * node.Type.OffsetWidth), node);
        Inside(array->Buffers[2], checked(end * node.Type.OffsetWidth), node);
        for (long i = array->Offset; i < end && level == ValidationLevel.Full; i++)
        {
            (long offset, long size) = ArrayLayout.ListView(array, node, i);
            Assert.That(size, Is.InRange(0L, array->Children[0]->Length));
            Assert.That(offset, Is.InRange(0L, array->Children[0]->Length - size));
        }
    }

    private void Union(ArrowArray* array, SchemaNode node, long end)
    {
        bool isDense = node.Type.Layout == ArrowLayout.DenseUnion;
        Inside(array->Buffers[0], end, node);
        if (isDense) Inside(array->Buffers[1], checked(end * 4), node);
        else foreach (int i in Enumerable.Range(0, node.Children.Length)) Assert.That(array->Children[i]->Length, Is.GreaterThanOrEqualTo(end));
        for (long i = array->Offset; i < end && level == ValidationLevel.Full; i++)
        {
            int child = Array.IndexOf(node.Type.UnionIds, ((sbyte*)array->Buffers[0])[i]);
            Assert.That(child, Is.Not.Negative);
            if (isDense) Assert.That(((int*)array->Buffers[1])[i], Is.InRange(0, array->Children[child]->Length - 1));
        }
    }

    private void Runs(ArrowArray* array, SchemaNode node, long end)
    {
        ArrowArray* ends = array->Children[0];
        Assert.That(array->Children[1]->Length, Is.GreaterThanOrEqualTo(ends->Length));
        if (end == 0) return;
        Assert.That(Logical.Index(ends, ends->Offset + ends->Length - 1, node.Children[0]), Is.GreaterThanOrEqualTo(end));
        for (long run = 1; run < ends->Length && level == ValidationLevel.Full; run++)
        {
            long before = Logical.Index(ends, ends->Offset + run - 1, node.Children[0]);
            Assert.That(Logical.Index(ends, ends->Offset + run, node.Children[0]), Is.GreaterThan(before));
        }
    }

    private void Inside(void* buffer, long bytes, SchemaNode node)
    {
        if (bytes == 0 || _isCopied) return;
        long at = (byte*)buffer - start;
        if (at < 0 || bytes > length - at) Assert.Fail($"a buffer of {node.Path} at {at} with {bytes} bytes leaves the {length} of its file");
    }
}
