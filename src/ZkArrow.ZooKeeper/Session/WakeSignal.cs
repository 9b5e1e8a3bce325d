using System.Threading.Channels;

namespace ZkArrow.ZooKeeper.Session;

/// <summary>
/// Lets one waiter sleep until there is something to do. Any number of wakes before a wait are one: what must not be
/// lost is that there was one, not how many.
/// </summary>
internal sealed class WakeSignal
{
    private readonly Channel<bool> _channel = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    public void Set() => _channel.Writer.TryWrite(true);

    /// <summary>Waits for a wake. What happened before it is seen after it; what happens later wakes again.</summary>
    public async Task WaitAsync(CancellationToken ct) => await _channel.Reader.ReadAsync(ct).ConfigureAwait(false);
}
