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
    private Task<Known?>? _refresh;
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

    /// <summary>The dataset's own record as last read or written, for publishers.</summary>
    public KnownDataset? LastDataset { get; set; }

    /// <summary>All recorded versions, while this client knows them: for a dataset that does not keep all.</summary>
    public RecordedVersions? Recorded { get; set; }

    /// <summary>Completes at the next change; take it before looking at the head.</summary>
    public Task NextChange
    {
        get
        {
            lock (_gate)
                return _changed.Task;
        }
    }

    /// <summary>
    /// The head, from memory or by one round trip; null when the dataset does not exist. It is at least as new as every
    /// commit that was acknowledged on this host before the call.
    /// </summary>
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

    /// <summary>The head as a majority has it now: every commit acknowledged anywhere before the call is in it.</summary>
    public async ValueTask<Head?> StrictHeadAsync(CancellationToken cancellationToken) =>
        (await RefreshAsync(strict: true, cancellationToken).ConfigureAwait(false))?.Head;

    /// <summary>Whether the name exists now; if not, the entry is marked when it is made.</summary>
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

        _context.Kept.LetGo(this);
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
        _context.Kept.LetGo(this);
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
            Task<Known?> refresh;
            lock (_gate)
            {
                joined = _refresh is { IsCompleted: false };
                if (!joined)
                    _refresh = SharedRefreshAsync();
                refresh = _refresh!;
            }

            Known? known = await refresh.WaitAsync(cancellationToken).ConfigureAwait(false);

            // one that was already under way may have read before what this caller must see
            if (!joined)
                return known?.Head;
            if (known != null && known.Changes >= before && _context.Board.Read(known.Head.Incarnation) == known.Head.Board)
                return known.Head;
        }
    }

    /// <summary>One read for all who wait; it goes on when they stop waiting, so that a poller finds its result next time.</summary>
    private async Task<Known?> SharedRefreshAsync()
    {
        await Task.Yield();
        return await RefreshAsync(strict: false, _context.Closing.Token).ConfigureAwait(false);
    }

    private async Task<Known?> RefreshAsync(bool strict, CancellationToken cancellationToken)
    {
        Freshness catchUp = strict ? Freshness.Majority : Freshness.Leader;
        while (true)
        {
            int changes = Volatile.Read(ref _changes);
            int nameChanges = Volatile.Read(ref _nameChanges);
            Known? previous = Volatile.Read(ref _known);
            bool nameKnown = !strict && previous != null && previous.NameChanges == nameChanges;

            // Only a watch that fired proves that this session's server has what must be seen. After a commit that this
            // host acknowledged, after a new connection, or with nothing known, the server may be behind: catch up first.
            bool behind = !nameKnown || _context.Board.Read(previous!.Head.Incarnation) != previous.Head.Board;
            Guid? incarnation = nameKnown ? previous!.Head.Incarnation : await ReadNameAsync(behind ? catchUp : Freshness.Session, cancellationToken).ConfigureAwait(false);
            if (incarnation == null)
            {
                Volatile.Write(ref _known, null);
                return null;
            }

            Guid inc = incarnation.Value;
            ulong board = _context.Board.Read(inc);
            Node? node = await ReadHeadAsync(inc, behind && nameKnown ? catchUp : Freshness.Session, cancellationToken).ConfigureAwait(false);
            if (node == null)
            {
                // dropped, and perhaps made again, since the name was read
                MarkNameChanged();
                continue;
            }

            Head head = new(inc, RecordCodec.ReadHead(node, _context.Layout.Head(inc)), node.StatVersion, board);
            if (previous?.Head.Incarnation == inc && previous.Head.Version < head.Version && previous.Head.Board == board && _context.Board.CanAnnounce)
            {
                // published from another host, or by one that died before it told: no reader here may go back behind us
                _context.Board.Announce(inc);
                head = head with { Board = _context.Board.Read(inc) };
            }

            Known known = new(head, changes, Watched: true, nameChanges);
            Volatile.Write(ref _known, known);
            return known;
        }
    }

    private async ValueTask<Guid?> ReadNameAsync(Freshness freshness, CancellationToken cancellationToken)
    {
        string path = _context.Layout.Name(Name);
        Node? node = await _context.GetAsync(path, _nameWatch, freshness, cancellationToken).ConfigureAwait(false);
        return node == null ? null : RecordCodec.Read(node.Data, RecordJson.Default.NameRecord, path).Inc;
    }

    private ValueTask<Node?> ReadHeadAsync(Guid incarnation, Freshness freshness, CancellationToken cancellationToken) =>
        _context.GetAsync(_context.Layout.Head(incarnation), _headWatch, freshness, cancellationToken);

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>A head, with the marks as they stood before it was read: newer marks make it doubtful.</summary>
    private sealed record Known(Head Head, int Changes, bool Watched, int NameChanges);
}

/// <summary>An owner record as read at one moment; its stat version is the fence.</summary>
internal sealed record Owner(Guid Incarnation, OwnRecord Record, int StatVersion);
