using System.Globalization;
using Apache.Arrow;

namespace ZkArrow.Bench;

/// <summary>G13: what operations cost with few and with many datasets, subscriptions and versions.</summary>
/// <remarks>
/// <c>datasets|subscriptions|versions N 1</c> makes as many and is answered with the nanoseconds that took and how many it made;
/// the others (<c>list</c>, <c>read</c>, <c>publish</c>, <c>deliver</c>, <c>history</c>, <c>oldest</c>, <c>next</c>) with the
/// nanoseconds of each.
/// </remarks>
internal sealed class ScaleDriver : IDriver
{
    private const int AtOnce = 64;
    private const string Long = "long";
    private readonly ZkArrowClient _client;
    private readonly Random _random = new(1);
    private readonly RecordBatch _batch = Sample.Batch(4);
    private readonly CancellationTokenSource _end = new();
    private readonly List<Task> _following = [];
    private int _datasets, _versions, _subscribed;
    private TaskCompletionSource<string> _delivered = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ScaleDriver(ZkArrowClient client) => _client = client;

    public static async Task<ScaleDriver> OpenAsync(string url, string directory) => new(
        await ZkArrowClient.ConnectAsync(url, new ZkArrowOptions { DataDirectory = directory, OperationTimeout = TimeSpan.FromMinutes(4) }));

    public async Task<long[]> RunAsync(string what, string argument, int count)
    {
        int n = int.Parse(argument, CultureInfo.InvariantCulture);
        switch (what)
        {
            case "datasets":
                return await TimedAsync(n - _datasets, async () =>
                {
                    await Parallel.ForAsync(_datasets, n, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (i, _) =>
                        await _client.PublishAsync(Name(i), _batch));
                    _datasets = n;
                });
            case "versions":
                return await TimedAsync(n - _versions, async () =>
                {
                    for (; _versions < n; _versions++)
                        await _client.PublishAsync(Long, _batch);
                });
            case "subscriptions":
                return await TimedAsync(n - _subscribed, () => SubscribeAsync(n));
        }

        long[] durations = new long[count];
        for (int i = 0; i < count; i++)
        {
            long start = Clock.Now;
            await OnceAsync(what);
            durations[i] = Clock.Since(start);
        }

        return durations;
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await Task.WhenAll(_following).ContinueWith(_ => { }, TaskScheduler.Default);
        await _client.DisposeAsync();
        _end.Dispose();
    }

    private static string Name(int i) => string.Create(CultureInfo.InvariantCulture, $"group{i % 100}/d{i}");

    private static async Task<long[]> TimedAsync(int made, Func<Task> action)
    {
        long start = Clock.Now;
        await action();
        return [Clock.Since(start), made];
    }

    private async Task OnceAsync(string what)
    {
        switch (what)
        {
            case "list":
                if ((await _client.ListAsync("group")).Count != _datasets)
                    throw new InvalidOperationException("the list is not complete");
                break;
            case "read":
                await Sample.TakeAsync(_client, Name(_random.Next(_datasets)));
                break;
            case "publish":
                // of those that nobody subscribed to
                await _client.PublishAsync(Name(_random.Next(_subscribed, _datasets)), _batch);
                break;
            case "deliver":
                _delivered = new(TaskCreationOptions.RunContinuationsAsynchronously);
                string name = Name(_random.Next(_subscribed));
                await _client.PublishAsync(name, _batch);
                if (await _delivered.Task != name)
                    throw new InvalidOperationException("another dataset was delivered");
                break;
            case "history":
                if ((await _client.HistoryAsync(Long)).Count != _versions)
                    throw new InvalidOperationException("the history is not complete");
                break;
            case "oldest":
                await Sample.TakeAsync(_client, Long, 1);
                break;
            case "next":
                await _client.PublishAsync(Long, _batch);
                _versions++;
                break;
            default:
                throw new ArgumentException($"cannot measure '{what}'");
        }
    }

    private async Task SubscribeAsync(int n)
    {
        List<Task> first = [];
        for (; _subscribed < n; _subscribed++)
        {
            TaskCompletionSource has = new(TaskCreationOptions.RunContinuationsAsynchronously);
            _following.Add(FollowAsync(Name(_subscribed), has));
            first.Add(has.Task);
        }

        await Task.WhenAll(first);
    }

    private async Task FollowAsync(string name, TaskCompletionSource first)
    {
        DatasetVersion head = await _client.StatAsync(name);
        await foreach (DatasetVersion version in _client.SubscribeAsync(name, head.Number - 1, _end.Token))
        {
            if (!first.TrySetResult())
                _delivered.TrySetResult(name);
        }
    }
}
