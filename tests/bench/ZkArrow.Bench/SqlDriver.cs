using ZkArrow.ArrowC;
using ZkArrow.Sql;
using ZkArrow.Sql.DuckDb;

namespace ZkArrow.Bench;

/// <summary>G10: the same queries over a dataset's mapped segments and over a table of DuckDB's own, by the same engine.</summary>
/// <remarks>
/// <c>mapped|own QUERY COUNT</c> is answered with the nanoseconds of each, from the text to the last row of the answer; <c>load -
/// COUNT</c> with those that making the own table takes. Both sides have their statement's names resolved in the time.
/// </remarks>
internal sealed class SqlDriver : IDriver
{
    private const string Rows = "10000000";
    private static readonly QueryOptions Options = new() { MemoryLimit = 4L << 30 };

    private static readonly Dictionary<string, string> Queries = new()
    {
        ["scan"] = "select sum(px), min(id), max(day)::bigint from trades",
        ["filter"] = "select count(*), sum(px) from trades where day between 100 and 120 and px > 250",
        ["text"] = "select count(*) from trades where sym = 's17'",
        ["aggregate"] = "select count(*), avg(px), stddev(px), min(px), max(px), sum(size) from trades",
        ["group-by"] = "select sym, count(*), avg(px), sum(size) from trades group by sym order by sym",
        ["group-by-many"] = "select id % 100000 as k, sum(px) from trades group by k order by k limit 10",
    };

    private readonly ZkArrowClient _client;
    private readonly SqlDatabase _own;

    private SqlDriver(ZkArrowClient client, SqlDatabase own) => (_client, _own) = (client, own);

    public static async Task<SqlDriver> OpenAsync(string url, string directory)
    {
        ZkArrowClient client = await ZkArrowClient.ConnectAsync(url, new ZkArrowOptions { DataDirectory = directory, OperationTimeout = TimeSpan.FromMinutes(2) });
        const string Generated = $"""
            select i as id, (i * 7919 % 365)::int as day, 's' || (i * 31 % 50) as sym, (i * 2654435761 % 100000) / 200.0 as px, (i % 1000)::int as size
            from range({Rows}) r(i)
            """;
        using (ZkArrowQuery rows = await client.QueryAsync(Generated))
            await client.PublishAsync("trades", rows, new PublishOptions { Residency = Residency.Host });
        SqlDriver driver = new(client, SqlDatabase.Rent(Options));
        await driver.LoadAsync();
        foreach (string query in Queries.Keys)
        {
            List<long> mapped = await driver.AnswerAsync("mapped", query), own = await driver.AnswerAsync("own", query);
            if (mapped.Count != own.Count || !mapped.Zip(own).All(pair => IsNear(pair.First, pair.Second)))
                throw new InvalidOperationException($"the answers to '{query}' differ: {string.Join(' ', mapped)} and {string.Join(' ', own)}");
        }

        return driver;
    }

    public async Task<long[]> RunAsync(string what, string argument, int count)
    {
        long[] durations = new long[count];
        for (int i = 0; i < count; i++)
        {
            long start = Clock.Now;
            if (what == "load")
                await LoadAsync();
            else
                await AnswerAsync(what, argument);
            durations[i] = Clock.Since(start);
        }

        return durations;
    }

    public async ValueTask DisposeAsync()
    {
        _own.Dispose();
        await _client.DisposeAsync();
    }

    /// <summary>The answer's first bytes, which is all of it for these queries.</summary>
    private async Task<List<long>> AnswerAsync(string what, string query)
    {
        if (what == "mapped")
        {
            (QueryRun run, _) = await ZkArrowSqlExtensions.StartAsync(_client, Queries[query], Options, TimeSpan.FromMinutes(2), default);
            using (run)
                return Read(run);
        }

        _own.TableNames(Queries[query]);
        return Read(QueryRun.Start(_own, [], _own.Prepare(Queries[query], [], out _), default));
    }

    /// <summary>The last digits of a sum of floats depend on which thread added what first.</summary>
    private static bool IsNear(long a, long b)
    {
        double x = BitConverter.Int64BitsToDouble(a), y = BitConverter.Int64BitsToDouble(b);
        return a == b || Math.Abs(x - y) < 1e-9 * Math.Abs(x);
    }

    private static unsafe List<long> Read(QueryRun run)
    {
        List<long> values = [];
        ArrowArray batch;
        while (run.Next(&batch))
        {
            values.Add(batch.Length);
            for (long column = 0; column < batch.NChildren; column++)
                values.Add(*(long*)batch.Children[column]->Buffers[1]);
            batch.Release(&batch);
        }

        return values;
    }

    /// <summary>Copies the dataset into a table of DuckDB's own.</summary>
    private async Task LoadAsync()
    {
        using ZkArrowTable table = await _client.ReadAsync("trades");
        Execute("create or replace table trades as select * from source", [new ScanSource("source", table)]);
    }

    private unsafe void Execute(string sql, ScanSource[] sources)
    {
        nint statement = _own.Prepare(sql, sources, out _);
        nint pending = 0;
        DuckDbResult result = default;
        if (DuckDbApi.PendingPreparedStreaming(statement, &pending) != 0 || DuckDbApi.ExecutePending(pending, &result) != 0)
            throw _own.FailureOf(Utf8.Read(DuckDbApi.ResultError(&result)));
        DuckDbApi.DestroyResult(&result);
        DuckDbApi.DestroyPending(&pending);
        DuckDbApi.DestroyPrepare(&statement);
    }
}
