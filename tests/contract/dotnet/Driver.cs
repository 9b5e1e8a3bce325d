using System.Text.Json.Nodes;
using Apache.Arrow;
using Apache.Arrow.Ipc;
using ZkArrow.ArrowC;
using ZkArrow.Segments;
using ZkArrow.Sql;

namespace ZkArrow.ContractDriver;

/// <summary>One client, and the tables and subscriptions kept under keys.</summary>
internal sealed class Driver : IAsyncDisposable
{
    private readonly Dictionary<string, ZkArrowTable> _tables = [];
    private readonly Dictionary<string, Watching> _subscriptions = [];
    private readonly Dictionary<string, (ZkArrowLoan Loan, long Rows)> _loans = [];
    private readonly Dictionary<string, ZkArrowOwner> _owners = [];
    private readonly Dictionary<string, ZkArrowTransaction> _transactions = [];
    private readonly Dictionary<string, ZkArrowSnapshot> _snapshots = [];
    private string _url = "";
    private ZkArrowOptions _options = new();
    private ZkArrowClient? _client;

    private ZkArrowClient Client => _client ?? throw new ObjectDisposedException(nameof(ZkArrowClient));

    public async ValueTask<JsonObject> RunAsync(JsonObject request) => (string)request["op"]! switch
    {
        "open" => await OpenAsync(request),
        "close" => await CloseAsync(),
        "state" => new JsonObject { ["state"] = Client.State.ToString().ToLowerInvariant() },
        "publish" => await PublishAsync(request, Client.PublishAsync),
        "append" => await PublishAsync(request, Client.AppendAsync),
        "publish_file" => Answer(await ArrowFile.PublishAsync(Client, Name(request), (string)request["file"]!)),
        "sum" => await SumAsync(request),
        "relay" => await RelayAsync(request),
        "read" => await ReadAsync(request),
        "hold" => await HoldAsync(request),
        "digest" => await DigestAsync(_tables[Key(request, "of")]),
        "loan" => await LoanAsync(request),
        "loan_publish" => Answer(await _loans[Key(request, "of")].Loan.PublishAsync(Name(request), _loans[Key(request, "of")].Rows, PublishOptions(request))),
        "own" => await OwnAsync(request),
        "owner" => Describe(_owners[Key(request, "of")]),
        "owner_wait" => await OwnerWaitAsync(request),
        "release" => await ReleaseAsync(_owners[Key(request, "of")]),
        "begin" => Begin(Key(request, "as")),
        "stage" => await StageAsync(request, _transactions[Key(request, "of")]),
        "commit" => Answer((await _transactions[Key(request, "of")].CommitAsync()).Select(one => (one.Name, one.Head))),
        "query" => await QueryAsync(request),
        "snapshot" => await SnapshotAsync(request),
        "snapshot_read" => await SnapshotReadAsync(request),
        "let_go" => await LetGoAsync(Key(request, "of")),
        "stat" => Answer(await Client.StatAsync(Name(request), Version(request))),
        "list" => await ListAsync(request),
        "history" => await HistoryAsync(request),
        "audit" => History.Audit(await Client.HistoryAsync(Name(request))),
        "configure" => await Done(Client.ConfigureAsync(Name(request), History.Options(request))),
        "describe" => History.Describe(await Client.DescribeAsync(Name(request))),
        "tag" => await Done(Client.TagAsync(Name(request), Version(request), Key(request, "tag"))),
        "untag" => await Done(Client.UntagAsync(Name(request), Key(request, "tag"))),
        "drop" => await DropAsync(request),
        "subscribe" => Subscribe(request),
        "next" => await NextAsync(request),
        "unsubscribe" => await UnsubscribeAsync(Key(request, "of")),
        "sweep" => new JsonObject { ["removed"] = await Client.SweepAsync(TimeSpan.Zero) },
        "counters" => Counters(),
        "misuse" => await MisuseAsync((string)request["what"]!),
        string op => throw new ZkArrowException(ZkArrowStatus.Unsupported, $"this driver has no '{op}'"),
    };

    /// <summary>What is alive in the core; a .NET program has objects where others have handles.</summary>
    private static JsonObject Counters() => new()
    {
        ["exported_arrays"] = ArrowCounters.LiveExportedArrays,
        ["exported_streams"] = ArrowCounters.LiveExportedStreams,
        ["exported_schemas"] = ArrowCounters.LiveExportedSchemas,
        ["batches"] = ArrowCounters.LiveBoxes,
        ["mapped_segments"] = SegmentCounters.MappedSegments,
        ["mapped_bytes"] = SegmentCounters.MappedBytes,
    };

    public async ValueTask DisposeAsync()
    {
        foreach (ZkArrowTable table in _tables.Values)
            table.Dispose();
        foreach (Watching subscription in _subscriptions.Values)
            await subscription.DisposeAsync();
        foreach ((ZkArrowLoan loan, _) in _loans.Values)
            loan.Dispose();
        foreach (ZkArrowTransaction transaction in _transactions.Values)
            transaction.Dispose();
        foreach (ZkArrowSnapshot snapshot in _snapshots.Values)
            snapshot.Dispose();
        if (_client != null)
            await _client.DisposeAsync();
    }

    // a .NET client has one deadline for all its calls
    private async ValueTask<JsonObject> OpenAsync(JsonObject request)
    {
        _url = (string)request["url"]!;
        _options = new ZkArrowOptions { DataDirectory = (string?)request["data_dir"], CodeTag = (string?)request["code_tag"], DiskDirectory = (string?)request["disk_dir"], SpaceLimit = (long?)request["space_limit"] ?? 0 };
        if (request["session_timeout_ms"] is { } session)
            _options = _options with { SessionTimeout = TimeSpan.FromMilliseconds((int)session) };
        if (request["timeout_ms"] is { } timeout)
            _options = _options with { OperationTimeout = TimeSpan.FromMilliseconds((int)timeout) };
        _client = await ZkArrowClient.ConnectAsync(_url, _options);
        return [];
    }

    private async ValueTask<JsonObject> CloseAsync()
    {
        if (_client != null)
            await _client.DisposeAsync();
        return [];
    }

    private delegate ValueTask<DatasetVersion> Commit(string name, IArrowArrayStream batches, PublishOptions? options, CancellationToken cancellationToken);

    private async ValueTask<JsonObject> PublishAsync(JsonObject request, Commit commit)
    {
        using Maker maker = Make(request["make"]!);
        return Answer(await commit(Name(request), maker, PublishOptions(request), default));
    }

    private static Maker Make(JsonNode make)
    {
        string kind = (string)make["kind"]!;
        int batches = kind == "half" ? 2 : (int?)make["batches"] ?? 1;
        return new Maker(kind, (int?)make["rows"] ?? 0, (long?)make["seed"] ?? 0, batches);
    }

    private JsonObject Begin(string key)
    {
        _transactions.Add(key, Client.BeginTransaction());
        return [];
    }

    private async ValueTask<JsonObject> StageAsync(JsonObject request, ZkArrowTransaction transaction)
    {
        using Maker maker = Make(request["make"]!);
        if ((bool?)request["append"] ?? false)
            await transaction.AppendAsync(Name(request), maker, PublishOptions(request));
        else
            await transaction.PublishAsync(Name(request), maker, PublishOptions(request));
        return [];
    }

    private async ValueTask<JsonObject> SnapshotAsync(JsonObject request)
    {
        string[]? names = request["names"] is JsonArray array ? [.. array.Select(name => (string)name!)] : null;
        ZkArrowSnapshot snapshot = await Client.SnapshotAsync(names, Moment(request));
        _snapshots.Add(Key(request, "as"), snapshot);
        JsonObject answer = Answer(snapshot.Versions.Select(pair => (pair.Key, pair.Value)));
        answer["commit_number"] = snapshot.CommitNumber;
        return answer;
    }

    private async ValueTask<JsonObject> SnapshotReadAsync(JsonObject request)
    {
        using ZkArrowTable table = _snapshots[Key(request, "of")].Read(Name(request));
        return await DescribeAsync(table);
    }

    private async ValueTask<JsonObject> RelayAsync(JsonObject request)
    {
        using ZkArrowTable table = await Client.ReadAsync((string)request["from"]!, ReadOptions(request));
        using IArrowArrayStream stream = table.ToArrowStream();
        return Answer(await Client.PublishAsync((string)request["to"]!, stream, PublishOptions(request)));
    }

    /// <summary>Adds up an int64 column, a span for each batch.</summary>
    private async ValueTask<JsonObject> SumAsync(JsonObject request)
    {
        using ZkArrowTable table = await Client.ReadAsync(Name(request), ReadOptions(request));
        using IArrowArrayStream stream = table.ToArrowStream();
        long sum = 0;
        while (await stream.ReadNextRecordBatchAsync() is { } batch)
        {
            using (batch)
            {
                foreach (long value in ((Int64Array)batch.Column(Key(request, "column"))).Values)
                    sum += value;
            }
        }

        return new JsonObject { ["sum"] = sum };
    }

    private async ValueTask<JsonObject> ReadAsync(JsonObject request)
    {
        using ZkArrowTable table = await Client.ReadAsync(Name(request), ReadOptions(request));
        return await DescribeAsync(table);
    }

    private static async ValueTask<JsonObject> DescribeAsync(ZkArrowTable table)
    {
        JsonObject answer = await DigestAsync(table);
        answer["version"] = Json(table.Version);
        answer["zero_copy"] = table.IsZeroCopy;
        answer["copy_reason"] = table.CopyReason;
        return answer;
    }

    private async ValueTask<JsonObject> HoldAsync(JsonObject request)
    {
        _tables.Add(Key(request, "as"), await Client.ReadAsync(Name(request), ReadOptions(request)));
        return [];
    }

    private async ValueTask<JsonObject> QueryAsync(JsonObject request)
    {
        QueryOptions options = new() { AsOf = Moment(request), MemoryLimit = (long?)request["memory_limit"], Threads = (int?)request["threads"] };
        using CancellationTokenSource deadline = new((int?)request["timeout_ms"] ?? 30_000);
        using ZkArrowQuery answer = await Client.QueryAsync((string)request["sql"]!, options, deadline.Token);
        return new JsonObject { ["digest"] = (await Digest.OfAsync(answer)).Hex };
    }

    private static async ValueTask<JsonObject> DigestAsync(ZkArrowTable table)
    {
        using IArrowArrayStream stream = table.ToArrowStream();
        Digest digest = await Digest.OfAsync(stream);
        return new JsonObject { ["digest"] = digest.Hex, ["batches"] = digest.Batches };
    }

    private async ValueTask<JsonObject> LoanAsync(JsonObject request)
    {
        JsonNode make = request["make"]!;
        long rows = (long?)make["rows"] ?? 0;
        ZkArrowLoan loan = LoanMaker.Make(
            Client, (string)make["kind"]!, (int)rows, (long?)make["seed"] ?? 0, (long?)request["room"] ?? rows, (long?)request["var_bytes"] ?? 2 * rows);
        if ((string?)request["as"] is { } key)
        {
            _loans.Add(key, (loan, rows));
            return [];
        }

        using (loan)
            return Answer(await loan.PublishAsync(Name(request), rows, PublishOptions(request)));
    }

    private async ValueTask<JsonObject> OwnAsync(JsonObject request)
    {
        OwnershipOptions options = new() { TakeOver = (bool?)request["take_over"] ?? false };
        if (request["timeout_ms"] is { } timeout)
            options = options with { Timeout = TimeSpan.FromMilliseconds((int)timeout) };
        ZkArrowOwner owner = _owners[Key(request, "as")] = await Client.AcquireOwnershipAsync(Name(request), options);
        return Describe(owner);
    }

    private async ValueTask<JsonObject> OwnerWaitAsync(JsonObject request)
    {
        OwnerState from = Enum.Parse<OwnerState>(Key(request, "from"), ignoreCase: true);
        OwnerState state = await _owners[Key(request, "of")].WaitForChangeAsync(from);
        return new JsonObject { ["state"] = state.ToString().ToLowerInvariant() };
    }

    private static async ValueTask<JsonObject> ReleaseAsync(ZkArrowOwner owner)
    {
        await owner.ReleaseAsync();
        return [];
    }

    private static JsonObject Describe(ZkArrowOwner owner) =>
        new() { ["epoch"] = owner.Epoch, ["state"] = owner.State.ToString().ToLowerInvariant() };

    private async ValueTask<JsonObject> LetGoAsync(string key)
    {
        if (_owners.Remove(key, out ZkArrowOwner? owner))
        {
            await owner.DisposeAsync();
            return [];
        }

        if (_loans.Remove(key, out (ZkArrowLoan Loan, long Rows) held))
        {
            held.Loan.Dispose();
            return [];
        }

        if (_transactions.Remove(key, out ZkArrowTransaction? transaction))
            transaction.Dispose();
        else if (_snapshots.Remove(key, out ZkArrowSnapshot? snapshot))
            snapshot.Dispose();
        else if (_tables.Remove(key, out ZkArrowTable? table))
            table.Dispose();
        return [];
    }

    private async ValueTask<JsonObject> ListAsync(JsonObject request)
    {
        JsonArray datasets = [];
        foreach (DatasetInfo dataset in await Client.ListAsync((string?)request["prefix"]))
            datasets.Add(new JsonObject { ["name"] = dataset.Name, ["version"] = dataset.Head.Number, ["rows"] = dataset.Head.Rows });
        return new JsonObject { ["datasets"] = datasets };
    }

    private async ValueTask<JsonObject> HistoryAsync(JsonObject request)
    {
        IReadOnlyList<DatasetVersion> versions = await Client.HistoryAsync(Name(request));
        return new JsonObject { ["versions"] = new JsonArray([.. versions.Select(version => (JsonNode)version.Number)]) };
    }

    private async ValueTask<JsonObject> DropAsync(JsonObject request)
    {
        await Client.DropAsync(Name(request), Version(request));
        return [];
    }

    private static async ValueTask<JsonObject> Done(ValueTask work)
    {
        await work;
        return [];
    }

    private JsonObject Subscribe(JsonObject request)
    {
        _subscriptions.Add(Key(request, "as"), new Watching(Client, Name(request), (long?)request["after"] ?? 0));
        return [];
    }

    private async ValueTask<JsonObject> NextAsync(JsonObject request) =>
        Answer(await _subscriptions[Key(request, "of")].NextAsync(TimeSpan.FromMilliseconds((int?)request["timeout_ms"] ?? 30_000)));

    private async ValueTask<JsonObject> UnsubscribeAsync(string key)
    {
        await _subscriptions[key].DisposeAsync();
        _subscriptions.Remove(key);
        return [];
    }

    private async ValueTask<JsonObject> MisuseAsync(string what)
    {
        switch (what)
        {
            case "closed_client":
                ZkArrowClient closed = await ZkArrowClient.ConnectAsync(_url, _options);
                await closed.DisposeAsync();
                return Answer(await closed.StatAsync("misuse"));
            case "null_name":
                return Answer(await Client.StatAsync(null!));
            case "null_stream":
                return Answer(await Client.PublishAsync("misuse", (IArrowArrayStream)null!));
            case "released_array":
                return Answer(await Client.PublishAsync("misuse", new DisposedBatchStream()));
            // no handles to confuse, and whether a stream was disposed is the stream's own affair
            case "null_handle" or "wrong_handle" or "released_stream":
                throw new RuledOutException();
            default:
                throw new ZkArrowException(ZkArrowStatus.Unsupported, $"unknown misuse '{what}'");
        }
    }

    private static string Name(JsonObject request) => (string)request["name"]!;

    private static string Key(JsonObject request, string field) => (string)request[field]!;

    private static long Version(JsonObject request) => (long?)request["version"] ?? 0;

    private PublishOptions PublishOptions(JsonObject request) => new()
    {
        Owner = (string?)request["owner"] is { } key ? _owners[key] : null,
        ExpectedVersion = (long?)request["expected_version"],
        SameSchema = (bool?)request["same_schema"] ?? false,
        Residency = Enum.TryParse((string?)request["residency"], ignoreCase: true, out Residency residency) ? residency : null,
        Tags = [.. (request["tags"]?.AsArray() ?? []).Select(tag => (string)tag!)],
        Metadata = (request["metadata"]?.AsObject() ?? []).ToDictionary(pair => pair.Key, pair => (string)pair.Value!),
        Lifetime = History.LifetimeOf(request),
        TimeToLive = History.Time(request, "ttl_ms"),
    };

    private static ReadOptions ReadOptions(JsonObject request) => new()
    {
        Version = Version(request),
        AsOf = Moment(request),
        Tag = (string?)request["tag"],
        Strict = (bool?)request["strict"] ?? false,
        Wait = (bool?)request["wait"] ?? false,
        ValidateFull = (bool?)request["validate_full"] ?? false,
    };

    private static AsOf? Moment(JsonObject request) =>
        (long?)request["as_of_commit_number"] is { } number ? AsOf.Commit(number)
        : (string?)request["as_of_commit_id"] is { } id ? AsOf.Commit(id)
        : (long?)request["as_of_us"] is { } us ? AsOf.Time(DateTimeOffset.UnixEpoch.AddMicroseconds(us))
        : null;

    private static JsonObject Answer(IEnumerable<(string Name, DatasetVersion Version)> versions)
    {
        JsonObject byName = [];
        foreach ((string name, DatasetVersion version) in versions)
            byName[name] = Json(version);
        return new JsonObject { ["versions"] = byName };
    }

    private static JsonObject Answer(DatasetVersion version) => new() { ["version"] = Json(version) };

    private static JsonObject Json(DatasetVersion version) => new()
    {
        ["number"] = version.Number,
        ["rows"] = version.Rows,
        ["nbytes"] = version.Bytes,
        ["epoch"] = version.Epoch,
        ["commit_id"] = version.CommitId,
        ["schema_id"] = version.SchemaId,
        ["residency"] = version.Residency switch { Residency.Inline => "inline", Residency.Disk => "disk", Residency.Process => "process", _ => "host" },
        ["commit_number"] = version.CommitNumber,
    };
}
