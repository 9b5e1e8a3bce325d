using System.Globalization;
using System.Text;
using static ZkArrow.ZooKeeper.Recipes.RecipeIo;

namespace ZkArrow.ZooKeeper.Recipes;

/// <summary>
/// The persistent node whose number each holder raises, in one transaction with the check that its own node exists
/// still. It holds the number and the name of the holder, so that a raise whose reply was lost is recognised.
/// </summary>
internal sealed class Epoch(ZkClient client, string parent)
{
    // sorts behind the digits, so Curator, which sorts all children, never takes it for a contender
    private const string Name = "epoch";

    private readonly string _path = Child(parent, Name);

    /// <summary>Raises the epoch for the contender whose turn it is; null when its node is gone.</summary>
    public Task<Grant?> RaiseAsync(Contender holder, CancellationToken ct) => TakeAsync(holder, raises: true, ct);

    /// <summary>Joins the present epoch, which readers share; null when the contender's node is gone.</summary>
    public Task<Grant?> JoinAsync(Contender holder, CancellationToken ct) => TakeAsync(holder, raises: false, ct);

    private async Task<Grant?> TakeAsync(Contender holder, bool raises, CancellationToken ct)
    {
        while (true)
        {
            (long token, string owner, int version) = await ReadAsync(ct).ConfigureAwait(false);
            ZkOp check = ZkOp.Check(holder.NodePath, -1);
            if (raises && owner == holder.Node)
                return new Grant(token, [check, ZkOp.Check(_path, version)]);
            try
            {
                // always the same conditional write: after a lost reply it fails if it was done, and the read tells
                ZkOp op = raises
                    ? ZkOp.SetData(_path, Encode(token + 1, holder.Node!), version)
                    : ZkOp.Check(_path, version);
                ZkMultiResult done = await client.MultiAsync([check, op], ct).ConfigureAwait(false);
                return raises
                    ? new Grant(token + 1, [check, ZkOp.Check(_path, done.Results[1].Stat!.Value.Version)])
                    : new Grant(token, [check, op]);
            }
            catch (ZkMultiException gone) when (gone is { FailedIndex: 0, Code: ZkErrorCode.NoNode })
            {
                return null;
            }
            catch (ZkMultiException moved) when (moved.Code is ZkErrorCode.BadVersion or ZkErrorCode.NoNode)
            {
            }
            catch (ZkException broken) when (IsBroken(broken))
            {
            }
        }
    }

    private async Task<(long Token, string Owner, int Version)> ReadAsync(CancellationToken ct)
    {
        while (true)
        {
            try
            {
                ZkData epoch = await RetryAsync(() => client.GetDataAsync(_path, ct: ct), ct).ConfigureAwait(false);
                string[] parts = Encoding.UTF8.GetString(epoch.Data).Split(' ');
                if (parts.Length != 2 || !long.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out long token))
                    throw new FormatException(
                        $"The node '{_path}' held something else than an epoch; use a path that nothing else writes to.");
                return (token, parts[1], epoch.Stat.Version);
            }
            catch (ZkNoNodeException)
            {
                await CreateIfMissingAsync(client, _path, Encode(0, "nobody"), ct).ConfigureAwait(false);
            }
        }
    }

    private static byte[] Encode(long token, string owner) =>
        Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{token} {owner}"));
}

/// <summary>What a holder got: the number, and the checks that fail once it holds no more.</summary>
internal sealed record Grant(long Token, IReadOnlyList<ZkOp> Fence);
