using Apache.Arrow;
using Apache.Arrow.Types;
using NUnit.Framework;

namespace ZkArrow.Sql.Tests;

/// <summary>A client of the embedded coordinator for each test, with a tree and a data directory of its own.</summary>
public abstract class SqlFixture
{
    private string _root = "";

    protected ZkArrowClient Client { get; private set; } = null!;

    [SetUp]
    public async Task Open()
    {
        _root = $"/dev/shm/zkarrow-sql-{Guid.NewGuid():N}";
        Directory.CreateDirectory(_root);
        Client = await ConnectAsync();
    }

    [TearDown]
    public async Task Close()
    {
        await Client.DisposeAsync();
        Directory.Delete(_root, recursive: true);
    }

    protected async Task<ZkArrowClient> ConnectAsync(TimeSpan? operationTimeout = null) => await ZkArrowClient.ConnectAsync(
        $"local:{_root}/tree", new ZkArrowOptions { DataDirectory = $"{_root}/data", OperationTimeout = operationTimeout ?? TimeSpan.FromSeconds(30) });

    /// <summary>Columns <c>id</c> (0, 1, …), <c>price</c> (id / 2, null for each seventh) and <c>name</c> (n0 … n9).</summary>
    protected static RecordBatch Trades(int rows, int first = 0)
    {
        Int64Array.Builder id = new();
        DoubleArray.Builder price = new();
        StringArray.Builder name = new();
        for (int i = first; i < first + rows; i++)
        {
            id.Append(i);
            _ = i % 7 == 0 ? price.AppendNull() : price.Append(i / 2.0);
            name.Append($"n{i % 10}");
        }

        Schema schema = new(
            [new Field("id", Int64Type.Default, false), new Field("price", DoubleType.Default, true), new Field("name", StringType.Default, true)], null);
        return new RecordBatch(schema, [id.Build(), price.Build(), name.Build()], rows);
    }

    /// <summary>The rows of an answer, each as its values with a bar between them.</summary>
    protected async Task<string[]> AskAsync(string sql, QueryOptions? options = null)
    {
        using ZkArrowQuery query = await Client.QueryAsync(sql, options);
        return await RowsAsync(query);
    }

    protected static async Task<string[]> RowsAsync(ZkArrowQuery query)
    {
        List<string> rows = [];
        while (await query.ReadNextRecordBatchAsync() is { } batch)
        {
            using (batch)
            {
                for (int row = 0; row < batch.Length; row++)
                    rows.Add(string.Join('|', Enumerable.Range(0, batch.ColumnCount).Select(column => Text(batch.Column(column), row))));
            }
        }

        return [.. rows];
    }

    private static string Text(IArrowArray column, int row) => column.IsNull(row) ? "∅" : column switch
    {
        StringArray text => text.GetString(row),
        Int64Array number => FormattableString.Invariant($"{number.GetValue(row)}"),
        Int32Array number => FormattableString.Invariant($"{number.GetValue(row)}"),
        DoubleArray number => FormattableString.Invariant($"{number.GetValue(row)}"),
        Decimal128Array number => FormattableString.Invariant($"{number.GetValue(row)}"),
        BooleanArray truth => FormattableString.Invariant($"{truth.GetValue(row)}"),
        _ => throw new NotSupportedException($"a value of {column.Data.DataType.Name}: cast it to varchar"),
    };
}
