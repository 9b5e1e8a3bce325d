using System.Collections.Concurrent;
using System.Security.Cryptography;
using ZkArrow.Coordination;
using ZkArrow.Datasets;

namespace ZkArrow.Ownership;

/// <summary>
/// Acquires ownership, and knows the terms of this client. A contender looks (one round trip), and takes what is free
/// (another); where an owner lives it waits for the lock to go. Of one client only one contends for a name at a time.
/// </summary>
internal sealed class Acquirer(DatasetContext context, HeadCache heads, Publisher publisher)
{
    private readonly OwnNodes _nodes = new(context);
    private readonly ConcurrentDictionary<string, SemaphoreSlim> _queues = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<OwnerTerm, bool> _terms = new();

    /// <summary>Waits until the dataset is free, or takes it over at once, and begins a term.</summary>
    public async ValueTask<OwnerTerm> AcquireAsync(string name, bool takesOver, Call call)
    {
        context.RequireAnnounce();
        DatasetEntry entry = heads[name];
        if (takesOver)
            return await ContendAsync(entry, takesOver, call).ConfigureAwait(false);
        SemaphoreSlim queue = _queues.GetOrAdd(name, _ => new SemaphoreSlim(1));
        call.WaitsForChange = true;
        call.AwaitedChange = $"others of this client waited for the ownership of '{name}' before, and none got it";
        await queue.WaitAsync(call.Token).ConfigureAwait(false);
        call.WaitsForChange = false;
        try
        {
            return await ContendAsync(entry, takesOver, call).ConfigureAwait(false);
        }
        finally
        {
            queue.Release();
        }
    }

    /// <summary>Releases every term that lasts, for a client that is about to close.</summary>
    public Task ReleaseAllAsync() => Task.WhenAll(_terms.Keys.Select(term => term.ReleaseAsync()));

    private async ValueTask<OwnerTerm> ContendAsync(DatasetEntry entry, bool takesOver, Call call)
    {
        string nonce = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));
        bool isBehind = false;
        while (true)
        {
            Head known = entry.LastKnown ?? await entry.HeadAsync(call.Token).ConfigureAwait(false)
                ?? await publisher.EnsureDatasetAsync(entry, call).ConfigureAwait(false);

            // one round trip for all: the fence, the lock, and the head, which no owner before can change once the fence is ours
            Guid inc = known.Incarnation;
            TaskCompletionSource freed = new(TaskCreationOptions.RunContinuationsAsynchronously);
            Task<OwnNode?> reading = _nodes.ReadAsync(inc, null, isBehind ? Freshness.Leader : Freshness.Session, call.Token).AsTask();
            Task<bool> looking = _nodes.IsLockedAsync(inc, new NodeWatch(() => freed.TrySetResult()), call.Token).AsTask();
            Task<Head?> refreshing = entry.HeadAsync(call.Token).AsTask();
            await Task.WhenAll(reading, looking, refreshing).ConfigureAwait(false);
            OwnNode? own = await reading.ConfigureAwait(false);
            bool isLocked = await looking.ConfigureAwait(false);
            if (own == null || own.IsDropped || (await refreshing.ConfigureAwait(false))?.Incarnation != inc)
            {
                await entry.StrictHeadAsync(call.Token).ConfigureAwait(false);
                continue;
            }

            if (isLocked && !takesOver)
            {
                call.WaitsForChange = true;
                call.AwaitedChange = $"the owner of '{entry.Name}' ({own.Record.Describe()}) did not let go of it";
                await freed.Task.WaitAsync(call.Token).ConfigureAwait(false);
                call.WaitsForChange = isBehind = false;
                continue;
            }

            if (await TakeAsync(entry.Name, inc, own, nonce, removesLock: isLocked, call).ConfigureAwait(false) is { } term)
                return term;
            isBehind = true;
        }
    }

    /// <summary>Sends the commit of an acquisition until its outcome is known; null when others were faster.</summary>
    private async ValueTask<OwnerTerm?> TakeAsync(string name, Guid inc, OwnNode own, string nonce, bool removesLock, Call call)
    {
        OwnRecord next = _nodes.Next(own.Record, nonce);
        TreeOp[] commit = _nodes.Take(inc, next, own.StatVersion, removesLock);
        bool wasLost = false;
        try
        {
            while (true)
            {
                long session = context.Coordinator.SessionId;
                try
                {
                    TreeAnswer answer = await context.Coordinator.CommitAsync(commit, call.Token).ConfigureAwait(false);
                    if (answer.Committed)
                        return Begin(name, inc, new OwnNode(next, answer.StatVersions[0]), context.Coordinator.SessionId == session ? session : 0);
                    if (answer.Refusal is not (TreeRefusal.BadVersion or TreeRefusal.NodeExists or TreeRefusal.NoNode))
                        throw CommitLoop.Unexpected(answer, $"acquiring '{name}'");
                    return wasLost ? await FindAsync(name, inc, nonce, call.Token).ConfigureAwait(false) : null;
                }
                catch (CoordinatorException e)
                {
                    wasLost |= e.MayBeApplied;
                    if (e.Status == ZkArrowStatus.Cancelled)
                        throw new OperationCanceledException(e.Message, e, call.Token);
                    if (e.Status is not (ZkArrowStatus.Unavailable or ZkArrowStatus.SessionExpired))
                        throw;
                }

                await Task.Delay(10, call.Token).ConfigureAwait(false);
            }
        }
        catch when (wasLost)
        {
            _ = GiveBackAsync(name, inc, commit, nonce);
            throw;
        }
    }

    private OwnerTerm Begin(string name, Guid inc, OwnNode own, long lockSession)
    {
        OwnerTerm term = new(context, name, inc, own, lockSession);
        _terms.TryAdd(term, true);
        _ = KeepAsync(term);
        return term;
    }

    private async Task KeepAsync(OwnerTerm term)
    {
        await term.KeepAsync().ConfigureAwait(false);
        _terms.TryRemove(term, out _);
    }

    /// <summary>After a refusal that followed a lost answer: the term, if the commit that won was ours.</summary>
    private async ValueTask<OwnerTerm?> FindAsync(string name, Guid inc, string nonce, CancellationToken cancellationToken)
    {
        OwnNode? now = await _nodes.ReadAsync(inc, null, Freshness.Majority, cancellationToken).ConfigureAwait(false);
        return now is { IsOwned: true } && now.Record.Nonce == nonce ? Begin(name, inc, now, lockSession: 0) : null;
    }

    /// <summary>
    /// Whoever gave up before the answer came may have won: the same commit again settles it, and what was won is given back.
    /// </summary>
    private async Task GiveBackAsync(string name, Guid inc, TreeOp[] commit, string nonce)
    {
        try
        {
            await _nodes.SendAsync(commit, context.Closing.Token).ConfigureAwait(false);
            if (await FindAsync(name, inc, nonce, context.Closing.Token).ConfigureAwait(false) is { } term)
                await term.ReleaseAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (e is CoordinatorException or OperationCanceledException or ZkArrowException)
        {
            // the lock goes with the session
        }
    }
}
