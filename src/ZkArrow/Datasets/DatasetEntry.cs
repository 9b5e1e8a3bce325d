using ZkArrow.Coordination;

namespace ZkArrow.Datasets;

/// <summary>
/// What this client knows of one name. The head is answered from memory while three things hold: the session is
/// connected, no watch has fired since it was read, and no process of this host has acknowledged a commit since. An
/// event only marks the entry; nothing but a successful read clears the mark, so no change is lost.
/// </summary>
internal sealed class DatasetEntry
{
    private readonly DatasetContext _context;
    private readonly NodeWatch _nameWatch;
    private readonly NodeWatch _headWatch;
    private readonly Lock _gate = new();
    private Known? _known;
    private int _changes;
    private int _nameChanges;
    private Task<Head?>? _refresh;
    private TaskCompletionSource _changed = NewSignal();

    public DatasetEntry(string name, DatasetContext context)
    {
        Name = name;
        _context = context;
        _nameWatch = new NodeWatch(MarkNameChanged);
        _headWatch = new NodeWatch(MarkChanged);
    }

    public string Name { get; }

    /// <summary>The last head read or committed, perhaps out of date: good for a compare-and-set, which finds out.</summary>
    public Head? LastKnown => Volatile.Read(ref _known)?.Head;

    /// <summary>The owner record last read of the incarnation, for publishers.</summary>
    public Owner? LastOwner { get; set; }

    /// <summary>Completes at the next change; take it before looking at the head.</summary>
    public Task NextChange
    {
        get
        {
            lock (_gate)
                return _changed.Task;
        }
    }

    /// <summary>The head, from memory or by one round trip; null when the dataset does not exist.</summary>
    public ValueTask<Head?> HeadAsync(CancellationToken cancellationToken) =>
        TryCached() is { } head ? new ValueTask<Head?>(head) : ReadAsync(cancellationToken);

    /// <summary>The head if it may be used with no round trip.</summary>
    public Head? TryCached()
    {
        Known? known = Volatile.Read(ref _known);
        return known != null
            && known.Watched
            && known.Changes == Volatile.Read(ref _changes)
            && _context.Coordinator.State == CoordinatorState.Connected
            && _context.Board.Read(known.Head.Incarnation) == known.Head.Board
            ? known.Head
            : null;
    }

    /// <summary>The head as the leader has it now: every commit acknowledged anywhere before the call is in it.</summary>
    public async ValueTask<Head?> StrictHeadAsync(CancellationToken cancellationToken)
    {
        await DatasetContext.RetryAsync(
            async token =>
            {
                await _context.Coordinator.SyncAsync(token).ConfigureAwait(false);
                return true;
            },
            cancellationToken).ConfigureAwait(false);
        MarkNameChanged();
        return await ReadAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Waits until the name may exist: the watch is set on the missing node.</summary>
    public async ValueTask<bool> ExistsAsync(CancellationToken cancellationToken) =>
        await DatasetContext.RetryAsync(
            token => _context.Coordinator.ExistsAsync(_context.Layout.Name(Name), _nameWatch, token),
            cancellationToken).ConfigureAwait(false);

    /// <summary>Keeps what this client itself has just committed; readers still read once more to set their watch.</summary>
    public void Committed(Head head)
    {
        lock (_gate)
        {
            Known? known = _known;
            bool same = known?.Head.Incarnation == head.Incarnation;
            if (!same || known!.Head.Version < head.Version)
                Volatile.Write(ref _known, new Known(head, Volatile.Read(ref _changes), Watched: false, same ? known!.NameChanges : -1));
        }
    }

    public void MarkChanged()
    {
        Interlocked.Increment(ref _changes);
        TaskCompletionSource fired;
        lock (_gate)
        {
            fired = _changed;
            _changed = NewSignal();
        }

        fired.TrySetResult();
    }

    public void MarkNameChanged()
    {
        Interlocked.Increment(ref _nameChanges);
        MarkChanged();
    }

    private async ValueTask<Head?> ReadAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            int before = Volatile.Read(ref _changes);
            bool joined;
            Task<Head?> refresh;
            lock (_gate)
            {
                joined = _refresh is { IsCompleted: false };
                if (!joined)
                    _refresh = RefreshAsync();
                refresh = _refresh!;
            }

            Head? head = await refresh.WaitAsync(cancellationToken).ConfigureAwait(false);

            // one that was already under way may have read before what this caller must see
            if (!joined)
                return head;
            if (head != null && Volatile.Read(ref _known)?.Changes >= before && _context.Board.Read(head.Incarnation) == head.Board)
                return head;
        }
    }

    /// <summary>One read for all who wait; it goes on when they stop waiting, so that a poller finds its result next time.</summary>
    private async Task<Head?> RefreshAsync()
    {
        CancellationToken closing = _context.Closing.Token;
        await Task.Yield();
        Guid? incarnation = null;
        int nameChanges = 0;
        while (true)
        {
            int changes = Volatile.Read(ref _changes);
            if (incarnation == null || nameChanges != Volatile.Read(ref _nameChanges))
            {
                nameChanges = Volatile.Read(ref _nameChanges);
                Known? known = Volatile.Read(ref _known);
                incarnation = known != null && known.NameChanges == nameChanges
                    ? known.Head.Incarnation
                    : await ReadNameAsync(closing).ConfigureAwait(false);
                if (incarnation == null)
                {
                    Volatile.Write(ref _known, null);
                    return null;
                }
            }

            Guid inc = incarnation.Value;
            ulong board = _context.Board.Read(inc);
            string path = _context.Layout.Head(inc);
            Node? node = await DatasetContext.RetryAsync(t => _context.Coordinator.GetAsync(path, _headWatch, t), closing).ConfigureAwait(false);
            if (node == null)
            {
                // dropped, and perhaps made again, since the name was read
                incarnation = await ReadNameAsync(closing).ConfigureAwait(false) is { } again && again != inc ? again : null;
                if (incarnation == null)
                {
                    Volatile.Write(ref _known, null);
                    return null;
                }

                continue;
            }

            Head head = new(inc, RecordCodec.Read(node.Data, RecordJson.Default.HeadRecord, path), node.StatVersion, board);
            Head? previous = LastKnown;
            if (previous?.Incarnation == inc && previous.Version < head.Version && previous.Board == board)
            {
                // published from another host, or by one that died before it told: no reader here may go back behind us
                _context.Board.Announce(inc);
                head = head with { Board = _context.Board.Read(inc) };
            }

            Volatile.Write(ref _known, new Known(head, changes, Watched: true, nameChanges));
            return head;
        }
    }

    private async ValueTask<Guid?> ReadNameAsync(CancellationToken cancellationToken)
    {
        string path = _context.Layout.Name(Name);
        Node? node = await DatasetContext.RetryAsync(t => _context.Coordinator.GetAsync(path, _nameWatch, t), cancellationToken).ConfigureAwait(false);
        return node == null ? null : RecordCodec.Read(node.Data, RecordJson.Default.NameRecord, path).Inc;
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private sealed record Known(Head Head, int Changes, bool Watched, int NameChanges);
}

/// <summary>An owner record as read at one moment; its stat version is the fence.</summary>
internal sealed record Owner(Guid Incarnation, OwnRecord Record, int StatVersion);
