using System.Text.Json.Nodes;

namespace ZkArrow.FaultWorker;

/// <summary>What all workers have: a client, a history, a seed, and until when.</summary>
internal sealed class Worker(ZkArrowClient client, History history, int number, int seed, TimeSpan patience, CancellationToken stop)
{
    private long _tokens;

    public ZkArrowClient Client => client;

    public Random Random { get; } = new(seed * 1000 + number);

    public CancellationToken Stop => stop;

    /// <summary>A token that nobody else has: the worker's number, then a count.</summary>
    public long NextToken() => ((long)number << 32) | ++_tokens;

    /// <summary>Mostly a few rows; now and then a table near what may be inline at most.</summary>
    public int NextRows() => Random.Next(200) == 0 ? Random.Next(60_000, 65_000) : Random.Next(1, 50);

    public Task<T?> RecordAsync<T>(string operation, JsonObject about, Func<CancellationToken, Task<T>> run, Action<T, JsonObject> describe)
        where T : class =>
        history.RecordAsync(
            operation,
            about,
            async () =>
            {
                // an operation under way ends by itself when the run does: its outcome counts
                using CancellationTokenSource end = new(2 * patience);
                return await run(end.Token);
            },
            describe);

    /// <summary>Publishes a new token, by whatever way.</summary>
    public Task<DatasetVersion?> PublishAsync(string dataset, long? expected, Func<Apache.Arrow.RecordBatch, PublishOptions, CancellationToken, ValueTask<DatasetVersion>> publish, bool owned = false)
    {
        long token = NextToken();
        JsonObject about = new() { ["dataset"] = dataset, ["token"] = token, ["expected"] = expected, ["owned"] = owned };
        PublishOptions options = new() { ExpectedVersion = expected, Residency = Residency.Inline };
        return RecordAsync(
            "publish",
            about,
            async cancel => await publish(Content.Of(token, NextRows()), options, cancel),
            (version, line) =>
            {
                line["version"] = version.Number;
                line["epoch"] = version.Epoch;
                line["commit"] = version.CommitId;
            });
    }

    /// <summary>A pause as long as it takes others to do something.</summary>
    public async Task BreatheAsync(int most = 10)
    {
        try
        {
            await Task.Delay(Random.Next(most), stop);
        }
        catch (OperationCanceledException)
        {
            // the loop sees it
        }
    }
}
