using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ZkArrow.ArrowC;
using ZkArrow.Ipc;

namespace ZkArrow.Loans;

/// <summary>
/// How the columns of a loan lie in its body: once measured, before there is a body, and once as structs over it. Both are the
/// same walk, so they cannot differ.
/// </summary>
internal sealed unsafe class LoanLayout
{
    private readonly SchemaNode _root;
    private readonly long _rows;
    private readonly long _varBytes;
    private readonly IReadOnlyList<long>? _columnBytes;
    private LoanRegions? _regions;
    private byte* _body;
    private long _measured;
    private int _column;

    /// <param name="root">The schema.</param>
    /// <param name="rows">Rows to make room for.</param>
    /// <param name="varBytes">Bytes for the values of each variable-length column; negative for none given.</param>
    /// <param name="columnBytes">The same for each column of the top level; negative to take <paramref name="varBytes"/>.</param>
    public LoanLayout(SchemaNode root, long rows, long varBytes, IReadOnlyList<long>? columnBytes)
    {
        if (rows is < 0 or > ArrayCheck.MaxLength)
            throw ArrowFailure.Invalid($"a loan of {rows} rows was asked for; it must be 0 to 2^56");
        if (columnBytes != null && columnBytes.Count != root.Children.Length)
            throw ArrowFailure.Invalid($"{columnBytes.Count} budgets were given for {root.Children.Length} columns; give one for each, or none");
        _root = root;
        _rows = rows;
        _varBytes = varBytes;
        _columnBytes = columnBytes;
        _measured = LoanRegions.Zeros;
        Walk(null, root, rows, default);
        Bytes = _measured;
    }

    /// <summary>The bytes of all columns.</summary>
    public long Bytes { get; }

    /// <summary>The batch over a body; its release frees the structs and leaves the body alone.</summary>
    public ArrowArray Build(byte* body, LoanRegions regions)
    {
        _body = body;
        _regions = regions;
        // the root's own struct is the caller's
        int structs = _root.Nodes - 1;
        long pointers = structs + (3L * _root.Nodes);
        byte* block = (byte*)NativeMemory.AllocZeroed((nuint)(((long)structs * sizeof(ArrowArray)) + (pointers * sizeof(void*))));
        ArrowArray batch = default;
        Walk(&batch, _root, _rows, new TreeCursor(block, structs));
        batch.Release = &Free;
        batch.PrivateData = block;
        return batch;
    }

    private TreeCursor Walk(ArrowArray* array, SchemaNode node, long length, TreeCursor cursor)
    {
        ArrowType type = node.Type;
        if (node.Dictionary != null || type.Layout is not (ArrowLayout.Null or ArrowLayout.Bits or ArrowLayout.Fixed
            or ArrowLayout.Binary32 or ArrowLayout.Binary64 or ArrowLayout.List32 or ArrowLayout.List64 or ArrowLayout.FixedList or ArrowLayout.Struct))
            throw ArrowFailure.Unsupported($"The type '{node.TypeName}' of {node.Label} cannot be built in a loan; publish such a table in the usual way.");
        void** buffers = null;
        if (array != null)
        {
            buffers = cursor.Pointers(type.Buffers);
            *array = new ArrowArray
            {
                Length = length,
                NullCount = type.Layout == ArrowLayout.Null ? length : 0,
                NBuffers = type.Buffers,
                NChildren = node.Children.Length,
                Buffers = buffers,
                Children = cursor.Children(node.Children.Length),
                Release = &Forget,
            };
        }

        if (node.IsNullable && type.HasValidity)
            Take(buffers, 0, ArrayLayout.BitmapBytes(length));
        long inside = length;
        switch (type.Layout)
        {
            case ArrowLayout.Bits:
                Take(buffers, 1, ArrayLayout.BitmapBytes(length));
                break;
            case ArrowLayout.Fixed:
                Take(buffers, 1, ArrayLayout.Product(length, type.Width, node));
                break;
            case ArrowLayout.Binary32 or ArrowLayout.Binary64:
                Take(buffers, 1, ArrayLayout.Product(length + 1, type.OffsetWidth, node));
                Take(buffers, 2, Budget(node));
                break;
            case ArrowLayout.List32 or ArrowLayout.List64:
                Take(buffers, 1, ArrayLayout.Product(length + 1, type.OffsetWidth, node));
                inside = ValuesIn(Budget(node), node.Children[0]);
                break;
            case ArrowLayout.FixedList:
                inside = ArrayLayout.Product(length, type.Width, node);
                break;
        }

        for (int i = 0; i < node.Children.Length; i++)
        {
            if (node == _root)
                _column = i;
            cursor = Walk(array == null ? null : array->Children[i], node.Children[i], inside, cursor);
        }

        return cursor;
    }

    private void Take(void** buffers, int index, long bytes)
    {
        if (buffers != null)
        {
            buffers[index] = bytes == 0 ? _body : _body + _regions!.Take(bytes);
            return;
        }

        if (bytes > ArrayCheck.MaxLength - _measured)
            throw ArrowFailure.TooLarge("The loan was over 2^56 bytes.");
        _measured += IpcFormat.Padded(bytes);
    }

    /// <summary>The bytes for the values of a variable-length column.</summary>
    private long Budget(SchemaNode node)
    {
        long bytes = _columnBytes?[_column] is long own and >= 0 ? own : _varBytes;
        if (bytes < 0)
            throw ArrowFailure.Invalid($"The type {node.Type.Name} of {node.Label} has values of any length; say how many bytes the loan shall have for them (var_bytes).");
        if (node.Type.OffsetWidth == sizeof(int) && bytes > int.MaxValue)
            throw ArrowFailure.TooLarge($"The type {node.Type.Name} of {node.Label} can hold 2 GiB and {bytes} bytes were asked for; use large_{node.Type.Name}.");
        return bytes;
    }

    /// <summary>How many values of a list fit into bytes.</summary>
    private static long ValuesIn(long bytes, SchemaNode values) => values.Type.Layout switch
    {
        _ when values.Dictionary != null => 0,
        ArrowLayout.Bits => Math.Min(bytes, int.MaxValue / 8) * 8,
        ArrowLayout.Fixed when values.Type.Width > 0 => bytes / values.Type.Width,
        _ => throw ArrowFailure.Unsupported($"A list of '{values.TypeName}', as {values.Label} is, cannot be built in a loan; its values must have a fixed width."),
    };

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Free(ArrowArray* batch)
    {
        NativeMemory.Free(batch->PrivateData);
        batch->Release = null;
    }

    /// <summary>Columns lie in the block of their batch, which frees them.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Forget(ArrowArray* column) => column->Release = null;
}
