using ZkArrow.Coordination;

namespace ZkArrow.Datasets;

/// <summary>A version delivered, and how many before it can no longer be read.</summary>
internal readonly record struct SubscribedVersion(DatasetVersion Version, long Skipped);

/// <summary>
/// Every version in order, each once. It keeps the last number delivered and looks from there after every wake-up, so
/// that neither a lost connection nor events that arrive together make it miss or repeat one.
/// </summary>
internal sealed class DatasetSubscription : IDisposable
{
    private readonly DatasetEntry _entry;
    private readonly DatasetContext _context;
    private readonly Catalog _catalog;
    private readonly Reader _reader;
    private readonly CancellationTokenSource _closing;
    private readonly CancellationToken _closed;
    private bool _disposed;
    private Guid? _incarnation;
    private long _last;

    public DatasetSubscription(DatasetEntry entry, long after, DatasetContext context, Catalog catalog, Reader reader)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(after);
        _entry = entry;
        _last = after;
        _context = context;
        _catalog = catalog;
        _reader = reader;
        _closing = CancellationTokenSource.CreateLinkedTokenSource(context.Closing.Token);
        _closed = _closing.Token;
    }

    /// <summary>Waits for the next version. After any failure the next call goes on where this one stood.</summary>
    public async ValueTask<SubscribedVersion> NextAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        using Call call = new(timeout, cancellationToken, _closed) { WaitsForChange = true };
        try
        {
            // what is answered from memory never looks
            cancellationToken.ThrowIfCancellationRequested();
            return await NextAsync(call).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_closed.IsCancellationRequested && !_context.Closing.IsCancellationRequested)
        {
            throw new ObjectDisposedException(nameof(DatasetSubscription), "the subscription was closed while the call waited");
        }
        catch (Exception e) when (call.Translate(e, _context.Coordinator.State) is { } translated)
        {
            throw translated;
        }
    }

    public void Dispose()
    {
        // twice is fine, also from two threads
        lock (_closing)
        {
            if (_disposed)
                return;
            _disposed = true;
            _closing.Cancel();
            _closing.Dispose();
        }
    }

    private async ValueTask<SubscribedVersion> NextAsync(Call call)
    {
        while (true)
        {
            Task changed = _entry.NextChange;
            Head? head = await _entry.HeadAsync(call.Token).ConfigureAwait(false);
            if (head == null)
            {
                if (_incarnation != null)
                    throw Dropped();
                if (await _entry.ExistsAsync(call.Token).ConfigureAwait(false))
                    continue;
            }
            else
            {
                _incarnation ??= head.Incarnation;
                if (_incarnation != head.Incarnation)
                    throw Dropped();
                if (head.Version > _last && await NextKnownAsync(head, call).ConfigureAwait(false) is { } next)
                    return next;
                if (head.Version > _last)
                    continue;
            }

            await changed.WaitAsync(call.Token).ConfigureAwait(false);
        }
    }

    /// <summary>The next version up to the head; null when the tree changed under the look.</summary>
    private async ValueTask<SubscribedVersion?> NextKnownAsync(Head head, Call call)
    {
        long next = _last + 1;
        if (next == head.Version)
            return Deliver(head.Manifest!);
        if (await _reader.ReadRecordAsync(head.Incarnation, next, call.Token).ConfigureAwait(false) is { } record)
            return Deliver(record.Manifest);

        // a hole: the next version that is still recorded follows it
        IReadOnlyList<long>? versions = await _catalog.VersionsAsync(head.Incarnation, call.Token).ConfigureAwait(false);
        long? found = versions?.Where(number => number > _last).Cast<long?>().FirstOrDefault();
        if (found == null || await _reader.ReadRecordAsync(head.Incarnation, found.Value, call.Token).ConfigureAwait(false) is not { } later)
        {
            _entry.MarkNameChanged();
            return null;
        }

        return Deliver(later.Manifest);
    }

    private SubscribedVersion Deliver(Manifest manifest)
    {
        long skipped = manifest.Version - _last - 1;
        _last = manifest.Version;
        return new SubscribedVersion(DatasetVersion.From(manifest), skipped);
    }

    private ZkArrowException Dropped() =>
        new(ZkArrowStatus.NotFound, $"the dataset '{_entry.Name}' was dropped after version {_last}; subscribe again for the new one");
}
