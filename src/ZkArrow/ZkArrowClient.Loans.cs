using Apache.Arrow;
using Apache.Arrow.C;
using ZkArrow.ArrowC;
using ZkArrow.Datasets;

namespace ZkArrow;

/// <content>Loans.</content>
public sealed partial class ZkArrowClient
{
    internal TimeSpan OperationTimeout => _options.OperationTimeout;

    /// <summary>
    /// Opens a loan: one batch, laid out inside a segment, whose columns are written in place. Its space is taken here, so
    /// that a full directory is an error of this call. Asks the coordinator nothing.
    /// </summary>
    /// <param name="schema">
    /// Fixed-width types, bool, utf8 and binary and their large forms, lists of fixed-width values, fixed-size lists and structs of these, nullable or not.
    /// </param>
    /// <param name="rows">Rows to make room for.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <returns>The loan; the caller disposes it.</returns>
    /// <exception cref="ZkArrowException">InvalidArgument, Unsupported (naming the column and its type), NoSpace, TooLarge.</exception>
    public ZkArrowLoan Loan(Schema schema, long rows, LoanOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(schema);
        options ??= new LoanOptions();
        long[] columnBytes = [.. schema.FieldsList.Select(field => options.ColumnBytes.GetValueOrDefault(field.Name, -1))];
        if (options.ColumnBytes.Keys.FirstOrDefault(name => schema.GetFieldIndex(name) < 0) is { } unknown)
            throw new ZkArrowException(ZkArrowStatus.InvalidArgument, $"ColumnBytes named a column '{unknown}', which the schema has not");
        return Loan(Import(schema), rows, options.VariableBytes ?? -1, columnBytes, options.AllocateBytes);
    }

    /// <summary>Opens a loan and takes over a reference on its schema, also when it fails.</summary>
    internal ZkArrowLoan Loan(SchemaBox schema, long rows, long varBytes, IReadOnlyList<long>? columnBytes, long allocateBytes)
    {
        try
        {
            ThrowIfClosed();
            _context.RequireAnnounce();
            return new ZkArrowLoan(this, _context.Directory, schema, rows, varBytes, columnBytes, allocateBytes);
        }
        catch
        {
            schema.Release();
            throw;
        }
    }

    internal ValueTask<DatasetVersion> PublishAsync(string name, LoanSource loan, PublishOptions? options, TimeSpan timeout, CancellationToken cancellationToken) =>
        CallAsync(call => _publisher.PublishAsync(name, loan, options ?? DefaultPublish, call), timeout, cancellationToken);

    private static unsafe SchemaBox Import(Schema schema)
    {
        ArrowSchema exported;
        CArrowSchemaExporter.ExportSchema(schema, (CArrowSchema*)&exported);
        try
        {
            return SchemaBox.FromC(&exported);
        }
        finally
        {
            exported.Release(&exported);
        }
    }
}
