using System.Text;
using ZkArrow.ArrowC;

namespace ZkArrow;

/// <summary>Fills a string or binary column of a loan value by value. One thread at a time.</summary>
public sealed class LoanText
{
    private readonly ZkArrowLoan _loan;
    private readonly unsafe ArrowArray* _array;
    private readonly SchemaNode _node;
    private readonly long _capacity;
    private long _used;

    internal unsafe LoanText(ZkArrowLoan loan, ArrowArray* array, SchemaNode node, long capacity)
    {
        _loan = loan;
        _array = array;
        _node = node;
        _capacity = capacity;
        SetOffset(0, 0);
    }

    /// <summary>The values appended.</summary>
    public long Count { get; private set; }

    /// <summary>Appends a text, as UTF-8.</summary>
    /// <param name="value">The text.</param>
    /// <exception cref="ZkArrowException">TooLarge (no row or no byte left), InvalidArgument (published already).</exception>
    public unsafe void Append(string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        int bytes = Encoding.UTF8.GetByteCount(value);
        Encoding.UTF8.GetBytes(value, Next(bytes));
    }

    /// <summary>Appends bytes.</summary>
    /// <param name="value">The bytes; of a string column, UTF-8.</param>
    /// <exception cref="ZkArrowException">TooLarge (no row or no byte left), InvalidArgument (published already).</exception>
    public void Append(ReadOnlySpan<byte> value) => value.CopyTo(Next(value.Length));

    /// <summary>Appends a null.</summary>
    /// <exception cref="ZkArrowException">TooLarge (no row left), SchemaMismatch (not nullable), InvalidArgument (published already).</exception>
    public void AppendNull()
    {
        Span<byte> validity = _loan.Validity(_node.Path);
        long row = Count;
        Next(0);
        validity[(int)(row >> 3)] &= (byte)~(1 << (int)(row & 7));
    }

    /// <summary>Makes room for the next value.</summary>
    private unsafe Span<byte> Next(int bytes)
    {
        _loan.RequireOpen();
        if (Count == _array->Length)
            throw ArrowFailure.TooLarge($"The loan had room for {_array->Length} values in {_node.Label} and one more was appended; open it with more rows.");
        if (bytes > _capacity - _used)
            throw ArrowFailure.TooLarge($"The loan had {_capacity} bytes for the values of {_node.Label} and {_used + bytes} were appended; open it with more (var_bytes).");
        Span<byte> place = new((byte*)_array->Buffers[2] + _used, bytes);
        _used += bytes;
        SetOffset(++Count, _used);
        return place;
    }

    private unsafe void SetOffset(long row, long value)
    {
        if (_node.Type.OffsetWidth == sizeof(int))
            ((int*)_array->Buffers[1])[row] = (int)value;
        else
            ((long*)_array->Buffers[1])[row] = value;
    }
}
