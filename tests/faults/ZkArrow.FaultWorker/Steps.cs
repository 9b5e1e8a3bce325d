using System.Diagnostics;
using ZkArrow.Testing;

namespace ZkArrow.FaultWorker;

/// <summary>
/// Operations of which every step is a place to die: the steps are what goes to the coordinator to change something,
/// and a process ends just before one, or just after it was applied and before it heard so.
/// </summary>
internal static class Steps
{
    private static readonly PublishOptions Host = new() { Residency = Residency.Host };

    public static readonly string[] Operations =
        ["publish-first", "publish", "append", "transaction", "acquire", "take-over", "release", "drop-version", "drop", "retention"];

    /// <summary>What must stand before the operation, made by somebody who lives.</summary>
    public static async Task PrepareAsync(ZkArrowClient client, string operation, string name)
    {
        if (operation == "publish-first")
            return;
        for (int i = 1; i <= 3; i++)
            await client.PublishAsync(name, Content.Of(i, 10), Host);
        if (operation == "retention")
            await client.ConfigureAsync(name, new DatasetOptions { Retention = new Retention { Versions = 1 } });
    }

    /// <summary>The operation; what it does before <paramref name="arm"/> cannot die.</summary>
    public static async Task RunAsync(ZkArrowClient client, string operation, string name, Action arm)
    {
        if (operation == "release")
        {
            ZkArrowOwner owner = await client.AcquireOwnershipAsync(name);
            arm();
            await owner.ReleaseAsync();
            return;
        }

        arm();
        await (operation switch
        {
            "publish-first" or "publish" or "retention" => client.PublishAsync(name, Content.Of(4, 10), Host).AsTask(),
            "append" => client.AppendAsync(name, Content.Of(4, 10), Host).AsTask(),
            "transaction" => TransactAsync(client, name),
            "acquire" => client.AcquireOwnershipAsync(name).AsTask(),
            "take-over" => client.AcquireOwnershipAsync(name, new OwnershipOptions { TakeOver = true }).AsTask(),
            "drop-version" => client.DropAsync(name, 2).AsTask(),
            _ => client.DropAsync(name).AsTask(),
        });
    }

    /// <summary>Runs an operation of which the given step is the last thing this process does; ends normally when it has fewer.</summary>
    public static async Task DieAsync(string server, string directory, string operation, string name, int step, bool applied)
    {
        const int Multi = 14, Create = 1, Delete = 2, SetData = 5, Create2 = 15;
        Uri target = new(server);
        await using ChaosProxy proxy = new(target.Port);
        string url = $"zk://{proxy.ConnectString}{target.AbsolutePath}";
        await using ZkArrowClient client = await ZkArrowClient.ConnectAsync(url, new ZkArrowOptions { DataDirectory = directory });
        bool armed = false;
        int last = 0;
        proxy.Requested = (xid, op) =>
        {
            if (!armed || op is not (Multi or Create or Delete or SetData or Create2))
                return;
            // a strict read asks a majority with a multi of the root alone, which changes nothing
            if (!proxy.Requests[^1].Path.StartsWith(target.AbsolutePath + "/", StringComparison.Ordinal) || --step != 0)
                return;
            last = xid;
            if (!applied)
                Die();
        };
        proxy.Replied = xid =>
        {
            if (last != 0 && xid == last)
                Die();
        };
        await RunAsync(client, operation, name, () => armed = true);
    }

    /// <summary>
    /// What whoever comes next must find: a dataset that reads whole or is not there, that can be owned, published to and
    /// dropped; a transaction whole or not at all.
    /// </summary>
    /// <returns>What is wrong; null when nothing is.</returns>
    public static async Task<string?> RepairAsync(ZkArrowClient client, string operation, string name)
    {
        IReadOnlyList<DatasetInfo> there = await client.ListAsync(name);
        if (operation == "transaction" && there.Count is not (1 or 2))
            return $"a transaction left {there.Count} datasets";
        if (operation == "transaction" && (there.Count == 2) != (there[0].Head.Number == 4))
            return $"half of a transaction: {there.Count} datasets, {there[0].Name} at {there[0].Head.Number}";
        if (operation is not ("publish-first" or "drop" or "transaction") && there.Count != 1)
            return $"{there.Count} datasets where there was one";
        foreach (DatasetInfo dataset in there)
        {
            foreach (DatasetVersion version in await client.HistoryAsync(dataset.Name))
            {
                try
                {
                    using ZkArrowTable table = await client.ReadAsync(dataset.Name, new ReadOptions { Version = version.Number, Strict = true });
                    if (operation != "append" && await Content.TokenAsync(table) < 0)
                        return $"{dataset.Name} version {version.Number} is torn";
                }
                catch (ZkArrowException e) when (operation == "retention" && e.Status == ZkArrowStatus.NotFound && version.Number < dataset.Head.Number)
                {
                    // whoever opens a client looks after retention, and may have just taken it
                }
            }

            await using (ZkArrowOwner owner = await client.AcquireOwnershipAsync(dataset.Name, new OwnershipOptions { TakeOver = true }))
            {
                DatasetVersion next = await owner.PublishAsync(Content.Of(9, 10), Host);
                if (next.Number != dataset.Head.Number + 1)
                    return $"{dataset.Name} went from {dataset.Head.Number} to {next.Number}";
            }

            await client.DropAsync(dataset.Name);
        }

        await client.SweepAsync(TimeSpan.Zero);
        return null;
    }

    private static async Task TransactAsync(ZkArrowClient client, string name)
    {
        using ZkArrowTransaction transaction = client.BeginTransaction();
        await transaction.PublishAsync(name, Content.Of(4, 10), Host);
        await transaction.PublishAsync(name + "-second", Content.Of(4, 10), Host);
        await transaction.CommitAsync();
    }

    private static void Die()
    {
        Process.GetCurrentProcess().Kill();
        Thread.Sleep(Timeout.Infinite);
    }
}
