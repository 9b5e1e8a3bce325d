using System.Buffers;
using System.Runtime.InteropServices;
using ZkArrow.ArrowC;

namespace ZkArrow;

/// <content>
/// The columns. One inside a struct or a list is named by its path, as in <c>position.x</c> or <c>readings.item</c>. Spans are valid until
/// the loan is disposed, and 2^31 - 1 values long at most: a longer column is taken in parts.
/// </content>
public sealed partial class ZkArrowLoan
{
    /// <summary>The values of a fixed-width column.</summary>
    /// <typeparam name="T">A type of the width that the column's values have.</typeparam>
    /// <param name="column">The column.</param>
    /// <param name="start">The first value.</param>
    /// <exception cref="ZkArrowException">NotFound, SchemaMismatch (another width), InvalidArgument (published already).</exception>
    public unsafe Span<T> Column<T>(string column, long start = 0)
        where T : unmanaged
    {
        (nint address, int count) = Values<T>(column, start);
        return new Span<T>((void*)address, count);
    }

    /// <summary>As <see cref="Column{T}"/>, to be kept: once the loan is disposed its span can no longer be had.</summary>
    /// <typeparam name="T">A type of the width that the column's values have.</typeparam>
    /// <param name="column">The column.</param>
    /// <param name="start">The first value.</param>
    /// <exception cref="ZkArrowException">NotFound, SchemaMismatch (another width), InvalidArgument (published already).</exception>
    public Memory<T> ColumnMemory<T>(string column, long start = 0)
        where T : unmanaged
    {
        (nint address, int count) = Values<T>(column, start);
        return new LoanedMemory<T>(this, address, count).Memory;
    }

    /// <summary>The bits of a bool column, the first row in the lowest bit of the first byte.</summary>
    /// <param name="column">The column.</param>
    /// <exception cref="ZkArrowException">NotFound, SchemaMismatch (no bool), InvalidArgument (published already).</exception>
    public unsafe Span<byte> Bits(string column)
    {
        ArrowArray* array = Find(column, out SchemaNode node);
        Require(node.Type.Layout == ArrowLayout.Bits, node, "bools");
        return new Span<byte>(array->Buffers[1], checked((int)ArrayLayout.BitmapBytes(array->Length)));
    }

    /// <summary>
    /// Which rows have a value: a set bit for each, the first row in the lowest bit of the first byte. All are set when it is
    /// first asked for, and from then on the nulls are counted when the loan is published, unless <see cref="SetNullCount"/> tells. A column whose
    /// validity nobody asked for has no nulls.
    /// </summary>
    /// <param name="column">The column.</param>
    /// <exception cref="ZkArrowException">NotFound, SchemaMismatch (not nullable), InvalidArgument (published already).</exception>
    public unsafe Span<byte> Validity(string column)
    {
        ArrowArray* array = Find(column, out SchemaNode node);
        Require(node.IsNullable && node.Type.HasValidity, node, "nullable values");
        Span<byte> bits = new(array->Buffers[0], checked((int)ArrayLayout.BitmapBytes(array->Length)));
        if (array->NullCount == 0)
        {
            bits.Fill(0xFF);
            array->NullCount = -1;
        }

        return bits;
    }

    /// <summary>Says how many of the rows to be published are null, so that publishing need not count them. It is believed.</summary>
    /// <param name="column">The column, whose <see cref="Validity"/> was filled.</param>
    /// <param name="nulls">How many, or -1 to have them counted.</param>
    /// <exception cref="ZkArrowException">NotFound, SchemaMismatch (not nullable), InvalidArgument.</exception>
    public unsafe void SetNullCount(string column, long nulls)
    {
        ArrowArray* array = Find(column, out SchemaNode node);
        Require(node.IsNullable && node.Type.HasValidity, node, "nullable values");
        if (nulls < -1 || nulls > array->Length)
            throw ArrowFailure.Invalid($"a null count of {nulls} was given for {node.Label} with {array->Length} rows");
        array->NullCount = nulls;
    }

    /// <summary>Where each value of a string, binary or list column begins, and behind them where the last one ends.</summary>
    /// <typeparam name="T">int, or long for the large types.</typeparam>
    /// <param name="column">The column.</param>
    /// <exception cref="ZkArrowException">NotFound, SchemaMismatch (has no offsets of this width), InvalidArgument (published already).</exception>
    public unsafe Span<T> Offsets<T>(string column)
        where T : unmanaged
    {
        ArrowArray* array = Find(column, out SchemaNode node);
        Require(node.Type.HasOffsets && node.Type.OffsetWidth == sizeof(T), node, $"offsets of {sizeof(T)} bytes");
        return new Span<T>(array->Buffers[1], checked((int)(array->Length + 1)));
    }

    /// <summary>The bytes that the values of a string or binary column are put into, up to its budget.</summary>
    /// <param name="column">The column.</param>
    /// <exception cref="ZkArrowException">NotFound, SchemaMismatch (no such column), InvalidArgument (published already).</exception>
    public unsafe Span<byte> Data(string column)
    {
        ArrowArray* array = Find(column, out SchemaNode node);
        Require(node.Type.Layout is ArrowLayout.Binary32 or ArrowLayout.Binary64, node, "strings");
        return new Span<byte>(array->Buffers[2], (int)Math.Min(int.MaxValue, Room(array->Buffers[2])));
    }

    /// <summary>Fills a string or binary column value by value, from its first row on.</summary>
    /// <param name="column">The column.</param>
    /// <exception cref="ZkArrowException">NotFound, SchemaMismatch (no such column), InvalidArgument (published already).</exception>
    public unsafe LoanText Text(string column)
    {
        ArrowArray* array = Find(column, out SchemaNode node);
        Require(node.Type.Layout is ArrowLayout.Binary32 or ArrowLayout.Binary64, node, "strings");
        return new LoanText(this, array, node, Room(array->Buffers[2]));
    }

    /// <summary>
    /// Bytes of the loan that are no column's, of <see cref="LoanOptions.AllocateBytes"/>; they begin at a multiple of 64.
    /// </summary>
    /// <param name="bytes">How many.</param>
    /// <exception cref="ZkArrowException">TooLarge, InvalidArgument (published already).</exception>
    public unsafe Span<byte> Allocate(int bytes) => new(Take(bytes), bytes);

    internal void RequireOpen()
    {
        lock (_changing)
            ThrowUnlessOpen();
    }

    private unsafe (nint Address, int Count) Values<T>(string column, long start)
        where T : unmanaged
    {
        ArrowArray* array = Find(column, out SchemaNode node);
        Require(node.Type.Layout == ArrowLayout.Fixed && node.Type.Width == sizeof(T), node, $"values of {sizeof(T)} bytes");
        if (start < 0 || start > array->Length)
            throw ArrowFailure.Invalid($"value {start} of {node.Label} was asked for, which has {array->Length}");
        return ((nint)((byte*)array->Buffers[1] + (start * sizeof(T))), (int)Math.Min(int.MaxValue, array->Length - start));
    }

    private unsafe long Room(void* buffer) => _regions.BytesFrom((byte*)buffer - _body);

    private unsafe ArrowArray* Find(string column, out SchemaNode node)
    {
        ArgumentNullException.ThrowIfNull(column);
        RequireOpen();
        ArrowArray* found = Find(_view.View, _schema.Root, column, out SchemaNode? at);
        node = at ?? throw new ZkArrowException(ZkArrowStatus.NotFound, $"the loan had no column '{column}'");
        return found;
    }

    private static unsafe ArrowArray* Find(ArrowArray* array, SchemaNode node, string column, out SchemaNode? found)
    {
        for (int i = 0; i < node.Children.Length; i++)
        {
            found = node.Children[i];
            if (found.Path == column)
                return array->Children[i];
            ArrowArray* below = Find(array->Children[i], found, column, out found);
            if (found != null)
                return below;
        }

        found = null;
        return null;
    }

    private static void Require(bool condition, SchemaNode node, string wanted)
    {
        if (!condition)
            throw ArrowFailure.Mismatch($"{node.Label} has the type {node.Type.Name}{(node.IsNullable ? "" : ", not nullable,")} and not {wanted}");
    }

    private sealed class LoanedMemory<T>(ZkArrowLoan loan, nint address, int count) : MemoryManager<T>
        where T : unmanaged
    {
        public override unsafe Span<T> GetSpan()
        {
            ObjectDisposedException.ThrowIf(loan._closed, loan);
            return new Span<T>((void*)address, count);
        }

        public override unsafe MemoryHandle Pin(int elementIndex = 0) =>
            new(Unsafe(GetSpan()[elementIndex..]));

        public override void Unpin()
        {
        }

        protected override void Dispose(bool disposing)
        {
        }

        private static unsafe void* Unsafe(Span<T> span) =>
            System.Runtime.CompilerServices.Unsafe.AsPointer(ref MemoryMarshal.GetReference(span));
    }
}
