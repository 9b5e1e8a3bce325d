namespace ZkArrow;

/// <summary>What a loan shall have room for besides its rows.</summary>
public sealed record LoanOptions
{
    private readonly long? _variableBytes;
    private readonly long _allocateBytes;

    /// <summary>
    /// Bytes for the values of each variable-length column: the text of a string column, the values of a list. Null when
    /// there is no such column, or <see cref="ColumnBytes"/> names all of them.
    /// </summary>
    public long? VariableBytes
    {
        get => _variableBytes;
        init => _variableBytes = value is null or >= 0 ? value : throw Negative(nameof(VariableBytes), value.Value);
    }

    /// <summary>The same for columns of the top level by name, instead of <see cref="VariableBytes"/>.</summary>
    public IReadOnlyDictionary<string, long> ColumnBytes { get; init; } = new Dictionary<string, long>();

    /// <summary>Bytes that are no column's, for <see cref="ZkArrowLoan.Allocate"/>.</summary>
    public long AllocateBytes
    {
        get => _allocateBytes;
        init => _allocateBytes = value >= 0 ? value : throw Negative(nameof(AllocateBytes), value);
    }

    private static ZkArrowException Negative(string name, long value) =>
        new(ZkArrowStatus.InvalidArgument, $"{name} was {value}; it must not be negative");
}
