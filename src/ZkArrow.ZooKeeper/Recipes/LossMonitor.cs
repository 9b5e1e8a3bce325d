using static ZkArrow.ZooKeeper.Recipes.RecipeIo;

namespace ZkArrow.ZooKeeper.Recipes;

/// <summary>
/// Tells when an ephemeral node of ours may be gone: its session was lost, nothing was heard for two thirds of the
/// session's timeout (the server may end it at three thirds, on its own clock), or somebody deleted the node.
/// </summary>
internal sealed class LossMonitor : IDisposable
{
    private readonly ZkClient _client;
    private readonly long _session;
    private readonly string _node;
    private readonly CancellationTokenSource _lost = new();
    private readonly Timer _timer;
    private volatile bool _isOver;

    public LossMonitor(ZkClient client, long session, string node)
    {
        (_client, _session, _node) = (client, session, node);
        Lost = _lost.Token;
        _timer = new Timer(_ => Check());
        client.StateChanged += OnStateChanged;
        Check();
        _ = WatchNodeAsync();
    }

    public CancellationToken Lost { get; }

    /// <summary>Asked of the clock and the session, so that it is true to the moment even before the token has fired.</summary>
    public bool IsHeld => !_isOver && !Lost.IsCancellationRequested && IsSessionSure;

    public void Dispose()
    {
        if (_isOver)
            return;
        _isOver = true;
        _client.StateChanged -= OnStateChanged;
        _timer.Dispose();
    }

    private TimeSpan Limit => _client.NegotiatedTimeout * 2 / 3;

    private bool IsSessionSure =>
        _client.SessionId == _session && _client.State is ZkState.Connected or ZkState.Suspended
        && _client.SinceLastHeard < Limit;

    private void OnStateChanged(ZkStateChange change)
    {
        if (change.Current is not (ZkState.Connected or ZkState.Suspended) || _client.SessionId != _session)
            Fire();
    }

    private void Check()
    {
        if (_isOver)
            return;
        if (!IsSessionSure)
        {
            Fire();
            return;
        }

        TimeSpan left = Limit - _client.SinceLastHeard;
        try
        {
            _timer.Change(left > TimeSpan.Zero ? left + TimeSpan.FromMilliseconds(1) : TimeSpan.FromMilliseconds(1), Timeout.InfiniteTimeSpan);
        }
        catch (ObjectDisposedException)
        {
            // it was released just now
        }
    }

    private async Task WatchNodeAsync()
    {
        try
        {
            await RetryAsync(() => _client.GetDataAsync(_node, OnNode), CancellationToken.None).ConfigureAwait(false);
        }
        catch (ZkException)
        {
            Fire(); // the node, the session or the client is gone
        }
    }

    private void OnNode(ZkWatchEvent occurred)
    {
        if (_isOver)
            return;
        if (occurred.Type is ZkEventType.NodeDeleted or ZkEventType.Lost)
            Fire();
        else
            _ = WatchNodeAsync();
    }

    private void Fire()
    {
        if (_isOver)
            return;
        Dispose();
        _ = _lost.CancelAsync(); // what the user registered must not hold up the client's other callbacks
    }
}
