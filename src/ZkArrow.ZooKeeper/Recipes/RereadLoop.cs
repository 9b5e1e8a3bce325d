using System.Threading.Channels;

namespace ZkArrow.ZooKeeper.Recipes;

/// <summary>
/// Reads again whenever it was woken, and goes on trying until it succeeds: an event whose reading failed would not
/// come a second time.
/// </summary>
internal sealed class RereadLoop : IAsyncDisposable
{
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly CancellationTokenSource _stop = new();

    public RereadLoop(Func<CancellationToken, Task> reread) => Completion = Task.Run(() => RunAsync(reread));

    /// <summary>Ends when disposed or the client is closed; faults when the servers refuse the reading.</summary>
    public Task Completion { get; }

    public void Wake() => _wake.Writer.TryWrite(true);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await Completion.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task RunAsync(Func<CancellationToken, Task> reread)
    {
        try
        {
            while (await _wake.Reader.WaitToReadAsync(_stop.Token).ConfigureAwait(false))
            {
                while (_wake.Reader.TryRead(out _))
                {
                }

                try
                {
                    await reread(_stop.Token).ConfigureAwait(false);
                }
                catch (ZkSessionExpiredException)
                {
                    Wake(); // what is asked now waits for the next session
                }
            }
        }
        catch (Exception end) when (end is OperationCanceledException or ZkClosedException)
        {
        }
    }
}
