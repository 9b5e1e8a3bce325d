using System.Text.Json.Nodes;

namespace ZkArrow.FaultWorker;

/// <summary>What workers do until they are told to stop.</summary>
internal static class Roles
{
    /// <summary>Publishes without owning: unconditionally, or on the version it read or won last.</summary>
    public static async Task WriteAsync(Worker worker, string dataset)
    {
        long known = 0;
        while (!worker.Stop.IsCancellationRequested)
        {
            long? expected = worker.Random.Next(2) == 0 ? known : null;
            DatasetVersion? won = await worker.PublishAsync(dataset, expected, (batch, options, cancel) => worker.Client.PublishAsync(dataset, batch, options, cancel));
            known = won?.Number ?? (await ReadAsync(worker, dataset, strict: true))?.Version.Number ?? 0;
            await worker.BreatheAsync();
        }
    }

    /// <summary>
    /// Owns, publishes, releases, again and again. Half of the terms have no end of their own: only a term that is held for
    /// long, and not renewed after every fault, meets a stale owner.
    /// </summary>
    public static async Task OwnAsync(Worker worker, string dataset)
    {
        while (!worker.Stop.IsCancellationRequested)
        {
            ZkArrowOwner? owner = await worker.RecordAsync(
                "acquire",
                new JsonObject { ["dataset"] = dataset },
                async cancel => await worker.Client.AcquireOwnershipAsync(dataset, new OwnershipOptions { TakeOver = worker.Random.Next(3) == 0, Timeout = TimeSpan.FromSeconds(worker.Random.Next(1, 4)) }, cancel),
                (o, line) => line["epoch"] = o.Epoch);
            if (owner == null)
            {
                await worker.BreatheAsync();
                continue;
            }

            int publishes = worker.Random.Next(2) == 0 ? int.MaxValue : worker.Random.Next(50);
            while (publishes-- > 0 && !worker.Stop.IsCancellationRequested && owner.State is OwnerState.Connected or OwnerState.Suspended)
            {
                await worker.PublishAsync(dataset, null, (batch, options, cancel) => owner.PublishAsync(batch, options, cancel), owned: true);
                await worker.BreatheAsync();
            }

            await worker.RecordAsync(
                "release",
                new JsonObject { ["dataset"] = dataset, ["epoch"] = owner.Epoch },
                async cancel =>
                {
                    await owner.ReleaseAsync(cancel);
                    return owner;
                },
                static (_, _) => { });
            await worker.BreatheAsync();
        }
    }

    /// <summary>Reads heads, some of them strictly.</summary>
    public static async Task ReadAsync(Worker worker, string[] datasets)
    {
        while (!worker.Stop.IsCancellationRequested)
        {
            string dataset = datasets[worker.Random.Next(datasets.Length)];
            await ReadAsync(worker, dataset, strict: worker.Random.Next(4) == 0);
            await worker.BreatheAsync(4);
        }
    }

    /// <summary>Publishes the same token to all datasets at once.</summary>
    public static async Task TransactAsync(Worker worker, string[] datasets)
    {
        while (!worker.Stop.IsCancellationRequested)
        {
            long token = worker.NextToken();
            await worker.RecordAsync(
                "transact",
                new JsonObject { ["datasets"] = Names(datasets), ["token"] = token },
                async cancel =>
                {
                    using ZkArrowTransaction transaction = worker.Client.BeginTransaction();
                    foreach (string dataset in datasets)
                        await transaction.PublishAsync(dataset, Content.Of(token, worker.Random.Next(1, 50)), new PublishOptions { Residency = Residency.Inline }, cancel);
                    return await transaction.CommitAsync(cancel);
                },
                (versions, line) =>
                {
                    line["versions"] = new JsonArray([.. versions.Select(v => (JsonNode)v.Head.Number)]);
                    line["commit"] = versions[0].Head.CommitId;
                });
            await worker.BreatheAsync();
        }
    }

    /// <summary>Takes cuts of all datasets.</summary>
    public static async Task CutAsync(Worker worker, string[] datasets)
    {
        while (!worker.Stop.IsCancellationRequested)
        {
            List<long> tokens = [];
            await worker.RecordAsync(
                "cut",
                new JsonObject { ["datasets"] = Names(datasets) },
                async cancel =>
                {
                    using ZkArrowSnapshot cut = await worker.Client.SnapshotAsync(datasets, cancellationToken: cancel);
                    foreach (string dataset in datasets)
                    {
                        using ZkArrowTable table = cut.Read(dataset);
                        tokens.Add(await Content.TokenAsync(table));
                    }

                    return cut.Versions;
                },
                (versions, line) =>
                {
                    line["versions"] = new JsonArray([.. datasets.Select(d => (JsonNode)versions[d].Number)]);
                    line["commit"] = versions[datasets[0]].CommitId;
                    line["tokens"] = new JsonArray([.. tokens.Select(t => (JsonNode)t)]);
                });
            await worker.BreatheAsync();
        }
    }

    private static JsonArray Names(string[] datasets) => new([.. datasets.Select(d => (JsonNode)d)]);

    /// <summary>Follows every version; when the subscription ends it goes on behind the last one it saw.</summary>
    public static async Task FollowAsync(Worker worker, string dataset)
    {
        long last = 0;
        while (!worker.Stop.IsCancellationRequested)
        {
            try
            {
                await foreach (DatasetVersion version in worker.Client.SubscribeAsync(dataset, last, worker.Stop))
                {
                    last = version.Number;
                    await worker.RecordAsync(
                        "deliver",
                        new JsonObject { ["dataset"] = dataset },
                        _ => Task.FromResult(version),
                        (v, line) => (line["version"], line["commit"]) = (v.Number, v.CommitId));
                }
            }
            catch (Exception e) when (e is OperationCanceledException or ZkArrowException)
            {
                await worker.BreatheAsync();
            }
        }
    }

    /// <summary>Makes a dataset, adds to it and drops it, again and again.</summary>
    public static async Task RecreateAsync(Worker worker, string dataset)
    {
        while (!worker.Stop.IsCancellationRequested)
        {
            await worker.PublishAsync(dataset, worker.Random.Next(2) == 0 ? 0 : null, (batch, options, cancel) => worker.Client.PublishAsync(dataset, batch, options, cancel));
            await ReadAsync(worker, dataset, strict: false);
            if (worker.Random.Next(4) == 0)
            {
                await worker.RecordAsync(
                    "drop",
                    new JsonObject { ["dataset"] = dataset },
                    async cancel =>
                    {
                        await worker.Client.DropAsync(dataset, cancellationToken: cancel);
                        return dataset;
                    },
                    static (_, _) => { });
            }

            await worker.BreatheAsync();
        }
    }

    /// <summary>Reads a version and looks at its bytes.</summary>
    public static Task<ZkArrowTable?> ReadAsync(Worker worker, string dataset, bool strict, long version = 0)
    {
        long token = 0;
        return worker.RecordAsync(
            "read",
            new JsonObject { ["dataset"] = dataset, ["strict"] = strict },
            async cancel =>
            {
                using ZkArrowTable table = await worker.Client.ReadAsync(dataset, new ReadOptions { Strict = strict, Version = version }, cancel);
                token = await Content.TokenAsync(table);
                return table;
            },
            (table, line) =>
            {
                line["version"] = table.Version.Number;
                line["epoch"] = table.Version.Epoch;
                line["commit"] = table.Version.CommitId;
                line["token"] = token;
            });
    }

    /// <summary>After everything has healed: every version of every dataset, as it will stay.</summary>
    public static async Task AuditAsync(Worker worker, string[] datasets)
    {
        foreach (string dataset in datasets)
        {
            IReadOnlyList<DatasetVersion> versions = await worker.RecordAsync(
                "history",
                new JsonObject { ["dataset"] = dataset },
                async cancel => await worker.Client.HistoryAsync(dataset, cancel),
                (list, line) => line["versions"] = new JsonArray([.. list.Select(v => (JsonNode)v.Number)]))
                ?? throw new InvalidOperationException($"the history of {dataset} could not be read, and nothing is known");
            foreach (DatasetVersion version in versions)
                await ReadAsync(worker, dataset, strict: false, version.Number);
        }
    }
}
