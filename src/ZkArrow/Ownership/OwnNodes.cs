using ZkArrow.Coordination;
using ZkArrow.Datasets;

namespace ZkArrow.Ownership;

/// <summary>An owner record as read, with the stat version that is the fence.</summary>
internal sealed record OwnNode(OwnRecord Record, int StatVersion)
{
    public bool IsOwned => Record.State == OwnRecord.Owned;

    public bool IsDropped => Record.State == OwnRecord.Dropped;
}

/// <summary>
/// The two nodes of ownership and the commits that change them. <c>own</c> decides: its stat version is the fence. The lock
/// below it, bound to the owner's session, only tells contenders that the owner lives; nothing that must be safe relies on it.
/// </summary>
internal sealed class OwnNodes(DatasetContext context)
{
    private ZnodeLayout Layout => context.Layout;

    /// <summary>The owner record; null when the dataset has been collected.</summary>
    public async ValueTask<OwnNode?> ReadAsync(Guid incarnation, NodeWatch? watch, Freshness freshness, CancellationToken cancellationToken)
    {
        string path = Layout.Own(incarnation);
        Node? node = await context.GetAsync(path, watch, freshness, cancellationToken).ConfigureAwait(false);
        return node == null ? null : new OwnNode(RecordCodec.Read(node.Data, RecordJson.Default.OwnRecord, path), node.StatVersion);
    }

    /// <summary>Whether an owner's session lives; the watch tells when that changes.</summary>
    public ValueTask<bool> IsLockedAsync(Guid incarnation, NodeWatch? watch, CancellationToken cancellationToken) =>
        DatasetContext.RetryAsync(token => context.Coordinator.ExistsAsync(Layout.Lock(incarnation), watch, token), cancellationToken);

    /// <summary>
    /// The owner record of a dataset that nobody owns, for whoever changes it without owning; null when it was dropped. Who
    /// finds an owner asks the leader before it believes so.
    /// </summary>
    public async ValueTask<OwnNode?> RequireFreeAsync(string name, Guid incarnation, CancellationToken cancellationToken)
    {
        OwnNode? own = await ReadAsync(incarnation, null, Freshness.Session, cancellationToken).ConfigureAwait(false);
        if (own is { IsOwned: true })
            own = await ReadAsync(incarnation, null, Freshness.Leader, cancellationToken).ConfigureAwait(false);
        if (own is not { IsOwned: true })
            return own is { IsDropped: true } ? null : own;
        string how = await IsLockedAsync(incarnation, null, cancellationToken).ConfigureAwait(false)
            ? $"has an owner ({own.Record.Describe()}); only that one may change it: publish as the owner, or wait until it is released"
            : $"has an owner whose session has ended ({own.Record.Describe()}); acquire the ownership, and release it to free the dataset";
        throw new ZkArrowException(ZkArrowStatus.NotOwner, $"the dataset '{name}' {how}");
    }

    /// <summary>What an owner writes that follows the record there is.</summary>
    public OwnRecord Next(OwnRecord before, string nonce) => new(
        ZnodeLayout.Format,
        before.Epoch + 1,
        OwnRecord.Owned,
        context.Instance,
        context.Coordinator.SessionId.ToString("x", null),
        DatasetContext.NowUs(),
        context.Author,
        nonce);

    /// <summary>
    /// The commit of an acquisition. Of several contenders one wins, since all compare the same fence; while another
    /// session's lock is there it is refused, unless the lock is removed with it.
    /// </summary>
    public TreeOp[] Take(Guid incarnation, OwnRecord next, int fence, bool removesLock)
    {
        TreeOp take = TreeOp.Set(Layout.Own(incarnation), RecordCodec.Write(next, RecordJson.Default.OwnRecord), fence);
        return removesLock ? [take, RemoveLock(incarnation), MakeLock(incarnation)] : [take, MakeLock(incarnation)];
    }

    /// <summary>
    /// Binds the lock to the session of now, for an owner whose session was lost: the answer is committed, or somebody took
    /// over. A lock that is there while the fence stands can only be the owner's own, of the session before.
    /// </summary>
    public async ValueTask<TreeAnswer> RenewAsync(Guid incarnation, int fence, CancellationToken cancellationToken)
    {
        TreeOp check = TreeOp.Check(Layout.Own(incarnation), fence);
        TreeAnswer answer = await context.Coordinator.CommitAsync([check, MakeLock(incarnation)], cancellationToken).ConfigureAwait(false);
        return answer.Refusal == TreeRefusal.NodeExists
            ? await context.Coordinator.CommitAsync([check, RemoveLock(incarnation), MakeLock(incarnation)], cancellationToken).ConfigureAwait(false)
            : answer;
    }

    /// <summary>
    /// Gives a term back: the record says so, and the lock goes with it, which wakes whoever waits. Sent again until it is
    /// answered; when that is done, the term is over, whoever ended it.
    /// </summary>
    public async ValueTask ReleaseAsync(Guid incarnation, OwnNode own, CancellationToken cancellationToken)
    {
        byte[] free = RecordCodec.Write(own.Record with { State = OwnRecord.Free }, RecordJson.Default.OwnRecord);
        TreeOp release = TreeOp.Set(Layout.Own(incarnation), free, own.StatVersion);
        TreeAnswer answer = await SendAsync([release, RemoveLock(incarnation)], cancellationToken).ConfigureAwait(false);
        if (answer is { Refusal: TreeRefusal.NoNode, RefusedAt: 1 })
            answer = await SendAsync([release], cancellationToken).ConfigureAwait(false);
        if (answer.Refusal is not (TreeRefusal.None or TreeRefusal.BadVersion or TreeRefusal.NoNode))
            throw CommitLoop.Unexpected(answer, "releasing a dataset");
    }

    /// <summary>Sends a commit until it is answered: a refusal is then final, whichever copy caused it.</summary>
    public ValueTask<TreeAnswer> SendAsync(TreeOp[] commit, CancellationToken cancellationToken) =>
        DatasetContext.RetryAsync(token => context.Coordinator.CommitAsync(commit, token), cancellationToken);

    private TreeOp MakeLock(Guid incarnation) =>
        TreeOp.CreateBound(Layout.Lock(incarnation), System.Text.Encoding.ASCII.GetBytes(context.Instance));

    private TreeOp RemoveLock(Guid incarnation) => TreeOp.Delete(Layout.Lock(incarnation), TreeOp.Exists);
}
