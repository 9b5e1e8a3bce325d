using System.Globalization;
using static ZkArrow.ZooKeeper.Recipes.RecipeIo;

namespace ZkArrow.ZooKeeper.Recipes;

/// <summary>
/// One place in a queue: an ephemeral sequential node named as Curator names it,
/// <c>_c_&lt;uuid&gt;-&lt;name&gt;NNNNNNNNNN</c>. The uuid finds the node again whose create lost its reply, and removes
/// each node that was made twice.
/// </summary>
internal sealed class Contender(ZkClient client, string parent, string name, ReadOnlyMemory<byte> data)
{
    private const int Digits = 10;
    private readonly string _prefix = $"_c_{Guid.NewGuid():D}-{name}";
    private bool _mayHaveMore;

    /// <summary>Our node's name, once there is one.</summary>
    public string? Node { get; private set; }

    public string NodePath => Child(parent, Node!);

    /// <summary>The session our node lives with.</summary>
    public long Session { get; private set; }

    /// <summary>Enters the queue with exactly one node.</summary>
    public async Task EnterAsync(CancellationToken ct)
    {
        while (Node is null)
        {
            try
            {
                _mayHaveMore = true; // until the reply says what there is
                ZkCreated created = await client.CreateAsync(
                    Child(parent, _prefix), data, ZkCreateMode.EphemeralSequential, ct: ct).ConfigureAwait(false);
                (Node, Session) = (NameOf(created.Path), created.Stat.EphemeralOwner);
                _mayHaveMore = false;
            }
            catch (ZkException broken) when (IsBroken(broken))
            {
                await FindAsync(ct).ConfigureAwait(false);
            }
        }

        if (NumberOf(Node) is null)
            throw new InvalidOperationException(
                $"The counter of '{parent}' is beyond 2147483647, where the order of names ends; use another path.");
    }

    /// <summary>Waits until nobody blocks us; false when our node is gone.</summary>
    /// <param name="blocker">Of the queue in its order and our place in it: whom to wait for, or null.</param>
    /// <param name="ct">Ends the wait; our node stays.</param>
    public async Task<bool> WaitTurnAsync(Func<string[], int, string?> blocker, CancellationToken ct)
    {
        while (true)
        {
            // the list shows our node, so it is no older than it and shows everybody who was before us
            string[] queue = await QueueAsync(client, parent, ct).ConfigureAwait(false);
            int own = Array.IndexOf(queue, Node);
            if (own < 0)
                return false;
            if (await RemoveTwinsAsync(queue, ct).ConfigureAwait(false))
                continue;
            if (blocker(queue, own) is not { } before)
                return true;
            await ChangedOrGoneAsync(client, Child(parent, before), ct).ConfigureAwait(false);
        }
    }

    /// <summary>Removes whatever we have in the queue. With a lost session it has gone already.</summary>
    public async Task LeaveAsync(CancellationToken ct)
    {
        try
        {
            if (Node is not null)
                await DeleteIfThereAsync(client, NodePath, ct).ConfigureAwait(false);
            if (!_mayHaveMore)
                return;
            Node = null;
            await RemoveTwinsAsync(await FreshChildrenAsync(ct).ConfigureAwait(false), ct).ConfigureAwait(false);
        }
        catch (ZkException gone) when (gone is ZkSessionExpiredException or ZkClosedException or ZkNoNodeException)
        {
        }
    }

    /// <summary>Leaves, waiting no longer than a bound; the leaving itself goes on until it is done.</summary>
    public async Task LeaveBoundedAsync()
    {
        Task leaving = LeaveAsync(CancellationToken.None);
        if (await Task.WhenAny(leaving, Task.Delay(CleanupBound)).ConfigureAwait(false) == leaving)
            await leaving.ConfigureAwait(false);
    }

    /// <summary>The names in the queue by their number, whatever comes before it: other clients have other names.</summary>
    public static async Task<string[]> QueueAsync(ZkClient client, string parent, CancellationToken ct)
    {
        ZkChildren children = await RetryAsync(() => client.GetChildrenAsync(parent, ct: ct), ct).ConfigureAwait(false);
        return Order(children.Names);
    }

    public static string[] Order(string[] names) => [.. names.Where(static n => NumberOf(n) is not null).OrderBy(NumberOf)];

    /// <summary>The number at the end of a sequential name, or null.</summary>
    public static int? NumberOf(string name) =>
        name.Length >= Digits
        && int.TryParse(name.AsSpan(name.Length - Digits), NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            ? number
            : null;

    private async Task FindAsync(CancellationToken ct)
    {
        foreach (string found in (await FreshChildrenAsync(ct).ConfigureAwait(false)).Where(IsOurs))
        {
            ZkExists exists = await RetryAsync(() => client.ExistsAsync(Child(parent, found), ct: ct), ct).ConfigureAwait(false);
            // one that a lost session left behind is about to vanish and is nothing to build on
            if (exists.Stat is not { } stat || stat.EphemeralOwner != client.SessionId)
                continue;
            (Node, Session) = (found, stat.EphemeralOwner);
            return;
        }
    }

    /// <summary>The children after all that was under way when the connection broke, as far as one can ask for that.</summary>
    private async Task<string[]> FreshChildrenAsync(CancellationToken ct)
    {
        await RetryAsync(() => client.SyncAsync(parent, ct), ct).ConfigureAwait(false);
        return (await RetryAsync(() => client.GetChildrenAsync(parent, ct: ct), ct).ConfigureAwait(false)).Names;
    }

    private async Task<bool> RemoveTwinsAsync(string[] names, CancellationToken ct)
    {
        bool any = false;
        foreach (string twin in names.Where(n => IsOurs(n) && n != Node))
            any |= await DeleteIfThereAsync(client, Child(parent, twin), ct).ConfigureAwait(false);
        return any;
    }

    private bool IsOurs(string name) => name.StartsWith(_prefix, StringComparison.Ordinal);
}
