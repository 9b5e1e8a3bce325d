using System.Buffers.Binary;
using System.Security.Cryptography;
using static ZkArrow.ZooKeeper.Recipes.RecipeIo;

namespace ZkArrow.ZooKeeper.Recipes;

/// <summary>A value of a <see cref="ZkSharedCounter"/>.</summary>
/// <param name="Value">The number.</param>
/// <param name="Version">Its version, for <see cref="ZkSharedCounter.TrySetAsync"/>.</param>
public readonly record struct ZkCount(long Value, int Version);

/// <summary>
/// A number that many change. Every change is done exactly once, also when its reply is lost: the node keeps the ids
/// of the last changes, so that a client finds its own among them.
/// <para>The first eight bytes are the number as Curator's DistributedAtomicLong keeps it, so Curator reads it, and
/// changes by Curator are understood; a change whose reply was lost cannot be told any more after more than
/// <c>16</c> others or one of Curator's, and then fails with the outcome unknown.</para>
/// </summary>
public sealed class ZkSharedCounter
{
    private const int KeptIds = 16;
    private readonly ZkClient _client;
    private readonly string _path;

    /// <summary>A counter at a path, which is created with 0 when it is missing.</summary>
    public ZkSharedCounter(ZkClient client, string path)
    {
        ArgumentNullException.ThrowIfNull(client);
        ZkPath.Validate(path);
        (_client, _path) = (client, path);
    }

    /// <summary>Reads the number as this session's server knows it.</summary>
    public async Task<ZkCount> GetAsync(CancellationToken ct = default) =>
        (await ReadAsync(ct).ConfigureAwait(false)).Count;

    /// <summary>Adds to the number and returns the result.</summary>
    public async Task<ZkCount> AddAsync(long difference, CancellationToken ct = default)
    {
        while (true)
        {
            State state = await ReadAsync(ct).ConfigureAwait(false);
            if (await WriteAsync(state, checked(state.Count.Value + difference), ct).ConfigureAwait(false) is { } done)
                return done;
        }
    }

    /// <summary>Sets the number if it has the expected version; null when it has another.</summary>
    public async Task<ZkCount?> TrySetAsync(long value, int version, CancellationToken ct = default)
    {
        State state = await ReadAsync(ct).ConfigureAwait(false);
        return state.Count.Version == version ? await WriteAsync(state, value, ct).ConfigureAwait(false) : null;
    }

    private async Task<ZkCount?> WriteAsync(State before, long value, CancellationToken ct)
    {
        long id = BitConverter.ToInt64(RandomNumberGenerator.GetBytes(sizeof(long)));
        byte[] data = Encode(value, [id, .. before.Ids.Take(KeptIds - 1)]);
        ZkException? lost = null;
        while (true)
        {
            try
            {
                ZkSet set = await _client.SetDataAsync(_path, data, before.Count.Version, ct).ConfigureAwait(false);
                return new ZkCount(value, set.Stat.Version);
            }
            catch (ZkException broken) when (IsBroken(broken))
            {
                lost = broken; // only the same conditional write can tell
            }
            catch (ZkBadVersionException)
            {
                return lost is null ? null : await ResolveAsync(before, id, value, lost, ct).ConfigureAwait(false);
            }
        }
    }

    /// <summary>After our write lost its reply, and the same write was refused: was it done? This read follows both.</summary>
    private async Task<ZkCount?> ResolveAsync(State before, long id, long value, ZkException lost, CancellationToken ct)
    {
        State now = await ReadAsync(ct).ConfigureAwait(false);
        if (now.Ids.Contains(id))
            return new ZkCount(value, before.Count.Version + 1);
        // each change adds its id: if all since then are there and ours is not, ours was not done
        int changes = unchecked(now.Count.Version - before.Count.Version);
        return now.Stamp == before.Stamp && changes > 0 && changes <= now.Ids.Length ? null : throw lost;
    }

    private async Task<State> ReadAsync(CancellationToken ct)
    {
        while (true)
        {
            try
            {
                ZkData data = await RetryAsync(() => _client.GetDataAsync(_path, ct: ct), ct).ConfigureAwait(false);
                return Decode(data);
            }
            catch (ZkNoNodeException)
            {
                await EnsureParentAsync(_client, _path, ct).ConfigureAwait(false);
                await CreateIfMissingAsync(_client, _path, Encode(0, []), ct).ConfigureAwait(false);
            }
        }
    }

    private State Decode(ZkData data)
    {
        ReadOnlySpan<byte> bytes = data.Data;
        if (bytes.Length == 0)
            return new State(new ZkCount(0, data.Stat.Version), [], data.Stat.Czxid);
        if (bytes.Length % sizeof(long) != 0)
            throw new FormatException(
                $"The node '{_path}' held {bytes.Length} bytes, which is no counter; use a path that nothing else writes to.");
        long[] ids = new long[bytes.Length / sizeof(long) - 1];
        for (int i = 0; i < ids.Length; i++)
            ids[i] = BinaryPrimitives.ReadInt64BigEndian(bytes[((i + 1) * sizeof(long))..]);
        return new State(
            new ZkCount(BinaryPrimitives.ReadInt64BigEndian(bytes), data.Stat.Version), ids, data.Stat.Czxid);
    }

    private static byte[] Encode(long value, long[] ids)
    {
        byte[] bytes = new byte[(ids.Length + 1) * sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(bytes, value);
        for (int i = 0; i < ids.Length; i++)
            BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan((i + 1) * sizeof(long)), ids[i]);
        return bytes;
    }

    private sealed record State(ZkCount Count, long[] Ids, long Stamp);
}
