namespace ZkArrow.Extensions.DependencyInjection;

/// <summary>
/// The client of a container, opened by whoever asks first: opening is asynchronous, which a constructor cannot be. Any number of
/// threads may use it at once. The container disposes it, and must do so asynchronously.
/// </summary>
public sealed class ZkArrowConnection : IAsyncDisposable
{
    private readonly string _url;
    private readonly ZkArrowOptions _options;
    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly CancellationTokenSource _closing = new();
    private volatile ZkArrowClient? _client;

    internal ZkArrowConnection(string url, ZkArrowOptions options)
    {
        _url = url;
        _options = options;
    }

    /// <summary>
    /// The client: opened at the first call, and the same one ever after. When opening failed the next call tries again. The
    /// connection disposes it, not the caller.
    /// </summary>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="ZkArrowException">As <see cref="ZkArrowClient.ConnectAsync(string, ZkArrowOptions?, CancellationToken)"/>.</exception>
    /// <exception cref="ObjectDisposedException">The container was disposed.</exception>
    public async ValueTask<ZkArrowClient> GetClientAsync(CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_closing.IsCancellationRequested, this);
        if (_client is { } open)
            return open;
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            ObjectDisposedException.ThrowIf(_closing.IsCancellationRequested, this);
            using CancellationTokenSource ends = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _closing.Token);
            return _client ??= await ZkArrowClient.ConnectAsync(_url, _options, ends.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ObjectDisposedException("The container was disposed while the client was being opened", e);
        }
        catch (OperationCanceledException e) when (e.CancellationToken != cancellationToken)
        {
            throw new OperationCanceledException(e.Message, e, cancellationToken);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Closes the client, when one was opened; ends an opening that is under way. Doing it twice, or at once, is fine.</summary>
    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync().ConfigureAwait(false);
        await _gate.WaitAsync().ConfigureAwait(false);
        try
        {
            if (_client is { } client)
                await client.DisposeAsync().ConfigureAwait(false);
        }
        finally
        {
            _gate.Release();
        }
    }
}
