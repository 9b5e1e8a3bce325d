using static ZkArrow.ZooKeeper.Recipes.RecipeIo;

namespace ZkArrow.ZooKeeper.Recipes;

/// <summary>
/// A common start and a common end: nobody is past <see cref="EnterAsync"/> before so many have entered, and nobody is
/// past <see cref="LeaveAsync"/> before all have left. The nodes are those of Curator's DistributedDoubleBarrier: an
/// ephemeral node per member and <c>ready</c>.
/// <para>A member whose session is lost counts as one that left; it gets a <see cref="ZkSessionExpiredException"/>. Use
/// one path per round, or start the next round only after everybody has left the one before.</para>
/// </summary>
public sealed class ZkDoubleBarrier
{
    private const string Ready = "ready";
    private readonly ZkClient _client;
    private readonly string _path, _own;
    private readonly int _count;

    /// <summary>One member's side of a barrier for <paramref name="count"/> members.</summary>
    public ZkDoubleBarrier(ZkClient client, string path, int count)
    {
        ArgumentNullException.ThrowIfNull(client);
        ZkPath.Validate(path);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        (_client, _path, _count) = (client, path, count);
        _own = Guid.NewGuid().ToString("D");
    }

    /// <summary>Enters and waits until all have.</summary>
    /// <exception cref="OperationCanceledException">The token fired first; our node was removed.</exception>
    public async Task EnterAsync(CancellationToken ct = default)
    {
        await EnsureAsync(_client, _path, ct).ConfigureAwait(false);
        try
        {
            long session = await EnterNodeAsync(ct).ConfigureAwait(false);
            while (true)
            {
                TaskCompletionSource changed = NewSignal();
                ZkExists ready = await RetryAsync(
                    () => _client.ExistsAsync(Child(_path, Ready), _ => changed.TrySetResult(), ct), ct).ConfigureAwait(false);
                // a leftover of a lost session is no member either, though it may be there for a while
                if ((await OwnAsync(ct).ConfigureAwait(false))?.EphemeralOwner != session)
                    throw Expired();
                if (ready.Stat is not null)
                    return;
                if ((await MembersAsync(ct).ConfigureAwait(false)).Length >= _count)
                {
                    await CreateIfMissingAsync(_client, Child(_path, Ready), default, ct).ConfigureAwait(false);
                    return;
                }

                await changed.Task.WaitAsync(ct).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            Task leaving = RemoveOwnAsync(CancellationToken.None);
            if (await Task.WhenAny(leaving, Task.Delay(CleanupBound, CancellationToken.None)).ConfigureAwait(false) == leaving)
                await leaving.ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Leaves and waits until all have.</summary>
    public async Task LeaveAsync(CancellationToken ct = default)
    {
        while (true)
        {
            string[] members;
            try
            {
                members = await MembersAsync(ct).ConfigureAwait(false);
            }
            catch (ZkNoNodeException)
            {
                return; // somebody tidied up behind the last one
            }

            if (members.Length == 0)
                break;
            // the first waits for the last, and all others for the first: each release wakes one, the last wakes all
            bool isFirst = members[0] == _own;
            if (!isFirst || members.Length == 1)
                await RemoveOwnAsync(ct).ConfigureAwait(false);
            string awaited = isFirst ? members[^1] : members[0];
            if (awaited != _own)
                await ChangedOrGoneAsync(_client, Child(_path, awaited), ct).ConfigureAwait(false);
        }

        await DeleteIfThereAsync(_client, Child(_path, Ready), ct).ConfigureAwait(false);
    }

    /// <summary>Creates our node and returns the session that owns it.</summary>
    private Task<long> EnterNodeAsync(CancellationToken ct) => RetryAsync(
        async () =>
        {
            try
            {
                ZkCreated created = await _client.CreateAsync(
                    Child(_path, _own), default, ZkCreateMode.Ephemeral, ct: ct).ConfigureAwait(false);
                return created.Stat.EphemeralOwner;
            }
            catch (ZkNodeExistsException)
            {
                // the name is ours alone, so this is our create whose reply was lost
                return (await OwnAsync(ct).ConfigureAwait(false))?.EphemeralOwner ?? 0;
            }
        },
        ct);

    private async Task<ZkStat?> OwnAsync(CancellationToken ct) =>
        (await RetryAsync(() => _client.ExistsAsync(Child(_path, _own), ct: ct), ct).ConfigureAwait(false)).Stat;

    private async Task RemoveOwnAsync(CancellationToken ct)
    {
        try
        {
            await DeleteIfThereAsync(_client, Child(_path, _own), ct).ConfigureAwait(false);
        }
        catch (ZkSessionExpiredException)
        {
            // it went with the session
        }
    }

    private async Task<string[]> MembersAsync(CancellationToken ct)
    {
        ZkChildren children = await RetryAsync(() => _client.GetChildrenAsync(_path, ct: ct), ct).ConfigureAwait(false);
        return [.. children.Names.Where(static n => n != Ready).Order(StringComparer.Ordinal)];
    }

    private ZkException Expired() => ZkException.Create(
        ZkErrorCode.SessionExpired, ZkOutcome.Done, _path, "Entering the barrier");
}
