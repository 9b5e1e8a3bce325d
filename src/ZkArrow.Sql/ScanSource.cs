using ZkArrow.ArrowC;
using ZkArrow.Sql.DuckDb;

namespace ZkArrow.Sql;

/// <summary>A table of a query: its batches cut into morsels, which threads take one by one.</summary>
internal sealed class ScanSource
{
    /// <summary>Rows that a thread takes at a time; as many as a row group of DuckDB's own tables has.</summary>
    public const long MorselRows = 122_880;

    public ScanSource(string name, ZkArrowTable table)
    {
        (Name, Table) = (name, table);
        for (int batch = 0; batch < Data.Batches.Count; batch++)
        {
            for (long start = 0; start < Data.Batches[batch].Length; start += MorselRows)
                Morsels.Add(new Morsel(batch, start, Math.Min(MorselRows, Data.Batches[batch].Length - start)));
        }
    }

    /// <summary>The name as the statement has it.</summary>
    public string Name { get; }

    public ZkArrowTable Table { get; }

    public ArrowTable Data => Table.Data;

    public List<Morsel> Morsels { get; } = [];

    /// <summary>DuckDB's understanding of some of the columns. The caller destroys it.</summary>
    public unsafe nint Convert(nint connection, ReadOnlySpan<int> columns)
    {
        ArrowSchema whole, part;
        Data.Schema.Export(&whole);
        ArrowSchema** children = stackalloc ArrowSchema*[Math.Max(1, columns.Length)];
        try
        {
            for (int i = 0; i < columns.Length; i++)
                children[i] = whole.Children[columns[i]];
            part = whole;
            part.Children = children;
            part.NChildren = columns.Length;
            nint converted = 0;
            DuckDbFailure.ThrowIf(DuckDbApi.SchemaFromArrow(connection, &part, &converted), $"DuckDB does not know a type of the dataset '{Name}'");
            return converted;
        }
        finally
        {
            whole.Release(&whole);
        }
    }
}

/// <summary>Rows of one batch.</summary>
internal readonly record struct Morsel(int Batch, long Start, long Length);
