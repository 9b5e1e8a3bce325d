namespace ZkArrow.ContractDriver;

/// <summary>A subscription that is asked for one version at a time, with a deadline.</summary>
internal sealed class Watching : IAsyncDisposable
{
    private readonly CancellationTokenSource _end = new();
    private readonly IAsyncEnumerator<DatasetVersion> _versions;
    private Task<bool>? _pending;

    public Watching(ZkArrowClient client, string name, long after) =>
        _versions = client.SubscribeAsync(name, after, _end.Token).GetAsyncEnumerator(_end.Token);

    /// <summary>The next version. After a deadline the same wait goes on with the next call.</summary>
    public async ValueTask<DatasetVersion> NextAsync(TimeSpan deadline)
    {
        _pending ??= _versions.MoveNextAsync().AsTask();
        Task<bool> pending = _pending;
        try
        {
            await pending.WaitAsync(deadline);
        }
        catch (TimeoutException) when (!pending.IsCompleted)
        {
            throw new ZkArrowException(ZkArrowStatus.Timeout, "no version came before the deadline");
        }
        finally
        {
            if (pending.IsCompleted)
                _pending = null;
        }

        return _versions.Current;
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        try
        {
            if (_pending != null)
                await _pending;
        }
        catch (Exception e) when (e is OperationCanceledException or ZkArrowException)
        {
            // what the wait ended with no longer matters
        }

        await _versions.DisposeAsync();
        _end.Dispose();
    }
}
