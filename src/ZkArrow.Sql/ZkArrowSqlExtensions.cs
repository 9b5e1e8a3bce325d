namespace ZkArrow.Sql;

/// <summary>SQL over the datasets of a client.</summary>
public static class ZkArrowSqlExtensions
{
    /// <summary>
    /// Asks a query of DuckDB's SQL over datasets, which are tables under their names: <c>"prices/eod"</c> for the head,
    /// <c>"prices/eod@3"</c> for a version, <c>"prices/eod@stable"</c> for a tag. All heads are of one consistent cut. DuckDB reads the
    /// mapped bytes; files, extensions and other databases it cannot reach.
    /// </summary>
    /// <param name="client">The client.</param>
    /// <param name="sql">One SELECT, or EXPLAIN of one.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <param name="cancellationToken">Ends it until its first rows are there, as the client's operation timeout does; reading takes tokens of its own.</param>
    /// <returns>The answer; the caller disposes it.</returns>
    /// <exception cref="ZkArrowException">
    /// InvalidArgument (with what DuckDB says of the statement), NotFound (a dataset), NotResident, DataLost, Unsupported (no libduckdb, or a
    /// type it does not know), TooLarge (the memory limit), Timeout, Unavailable.
    /// </exception>
    public static async ValueTask<ZkArrowQuery> QueryAsync(
        this ZkArrowClient client, string sql, QueryOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(sql);
        (QueryRun run, Dictionary<string, DatasetVersion> versions) = await StartAsync(
            client, sql, options ?? new QueryOptions(), client.OperationTimeout, cancellationToken).ConfigureAwait(false);
        try
        {
            return new ZkArrowQuery(run, versions);
        }
        catch
        {
            run.Dispose();
            throw;
        }
    }

    /// <summary>Begins a query, and waits for its first rows, or its end, at most so long.</summary>
    internal static async ValueTask<(QueryRun Run, Dictionary<string, DatasetVersion> Versions)> StartAsync(
        ZkArrowClient client, string sql, QueryOptions options, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        end.CancelAfter(timeout);
        try
        {
            return await StartAsync(client, sql, options, end.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ZkArrowException(
                ZkArrowStatus.Timeout, FormattableString.Invariant($"the query had no answer within {timeout.TotalSeconds} s; ask for less, or give it longer"));
        }
    }

    private static async ValueTask<(QueryRun Run, Dictionary<string, DatasetVersion> Versions)> StartAsync(
        ZkArrowClient client, string sql, QueryOptions options, CancellationToken cancellationToken)
    {
        SqlDatabase database = SqlDatabase.Rent(options);
        List<ScanSource> sources = [];
        nint statement;
        try
        {
            HashSet<string> names = [.. database.TableNames(sql)];
            while (true)
            {
                await OpenAsync(client, names, options.AsOf, sources, cancellationToken).ConfigureAwait(false);
                statement = database.Prepare(sql, sources, out IReadOnlyList<string> missing);
                if (statement != 0)
                    break;
                // opened anew with the others: all are of one cut
                int known = names.Count;
                names.UnionWith(missing);
                if (names.Count == known)
                    throw new ZkArrowException(ZkArrowStatus.Internal, $"DuckDB did not find the dataset '{missing[0]}' that it was given; report the statement");
                Close(sources);
            }
        }
        catch
        {
            Close(sources);
            database.Return(isSound: false);
            throw;
        }

        Dictionary<string, DatasetVersion> versions = sources.ToDictionary(source => source.Name, source => source.Table.Version, StringComparer.Ordinal);
        return (await Task.Run(() => QueryRun.Start(database, sources, statement, cancellationToken), CancellationToken.None).ConfigureAwait(false), versions);
    }

    private static async ValueTask OpenAsync(
        ZkArrowClient client, IEnumerable<string> texts, AsOf? asOf, List<ScanSource> sources, CancellationToken cancellationToken)
    {
        TableName[] names = [.. texts.Select(TableName.Parse)];
        string[] heads = [.. names.Where(name => !name.IsPinned).Select(name => name.Dataset)];
        if (heads.Length > 0)
        {
            using ZkArrowSnapshot cut = await client.SnapshotAsync(heads, asOf, cancellationToken).ConfigureAwait(false);
            foreach (string name in heads)
                sources.Add(new ScanSource(name, cut.Read(name)));
        }

        foreach (TableName name in names.Where(name => name.IsPinned))
        {
            ReadOptions which = new() { Version = name.Version, Tag = name.Tag };
            sources.Add(new ScanSource(name.Text, await client.ReadAsync(name.Dataset, which, cancellationToken).ConfigureAwait(false)));
        }
    }

    private static void Close(List<ScanSource> sources)
    {
        foreach (ScanSource source in sources)
            source.Table.Dispose();
        sources.Clear();
    }
}
