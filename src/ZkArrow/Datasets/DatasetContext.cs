using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using ZkArrow.Coordination;
using ZkArrow.Segments;

namespace ZkArrow.Datasets;

/// <summary>What every operation of an open client works with.</summary>
internal sealed class DatasetContext(ICoordinator coordinator, ZnodeLayout layout, SegmentPlaces places, ChangeBoard board, ILogger logger)
{
    private long _commits = BitConverter.ToInt64(RandomNumberGenerator.GetBytes(8));
    private readonly byte[] _writer = RandomNumberGenerator.GetBytes(8);

    public ICoordinator Coordinator { get; } = coordinator;

    public ZnodeLayout Layout { get; } = layout;

    public SegmentPlaces Places { get; } = places;

    public DataDirectory Directory => Places.Host;

    public ChangeBoard Board { get; } = board;

    public ILogger Logger { get; } = logger;

    /// <summary>Fires when the client is closed.</summary>
    public CancellationTokenSource Closing { get; } = new();

    /// <summary>The versions already open in this process.</summary>
    public OpenVersions Open { get; } = new();

    /// <summary>Those of them that are held open although nobody reads them just now.</summary>
    public KeptHeads Kept { get; } = new();

    /// <summary>Who publishes, for people who read a history.</summary>
    public string Author { get; } = $"{Environment.ProcessId}@{Environment.MachineName}";

    /// <summary>What this program calls itself; null when it did not say.</summary>
    public string? CodeTag { get; init; }

    /// <summary>This boot of this host: shared memory does not outlive it.</summary>
    public string Boot { get; } = ReadBootId();

    /// <summary>This client among all: the first half of its commit ids.</summary>
    public string Instance => Convert.ToHexStringLower(_writer);

    /// <summary>The time for a record: microseconds since 1970.</summary>
    public static long NowUs() => DateTime.UtcNow.Subtract(DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    /// <summary>A commit id, never used before: 64 bits of this writer, 64 bits of a counter.</summary>
    public string NextCommitId() =>
        Instance + Interlocked.Increment(ref _commits).ToString("x16", null);

    /// <summary>
    /// A node's data. Where more is asked for than the session has, its server first catches up: both requests go out together,
    /// and are sent together again when the connection is lost in between, since a new server may be behind the old one.
    /// </summary>
    public ValueTask<Node?> GetAsync(string path, NodeWatch? watch, Freshness freshness, CancellationToken cancellationToken) => RetryAsync(
        async token =>
        {
            ValueTask caughtUp = freshness switch
            {
                Freshness.Majority => Coordinator.AgreeAsync(token),
                Freshness.Leader => Coordinator.SyncAsync(token),
                _ => ValueTask.CompletedTask,
            };
            ValueTask<Node?> node = Coordinator.GetAsync(path, watch, token);
            try
            {
                await caughtUp.ConfigureAwait(false);
            }
            catch
            {
                // both tasks must be looked at, whichever fails
                _ = await Task.WhenAny(node.AsTask()).ConfigureAwait(false);
                throw;
            }

            return await node.ConfigureAwait(false);
        },
        cancellationToken);

    /// <summary>Refuses to change anything when the change could not be told to the readers of this host.</summary>
    public void RequireAnnounce()
    {
        Board.ThrowIfDamaged();
        if (!Board.CanAnnounce)
            throw new ZkArrowException(ZkArrowStatus.PermissionDenied, $"this process may not write to the data directory {Directory.Path}, so it can only read; run it as the directory's owner or in its group");
    }

    /// <summary>Reads again and again while the connection is lost, until the token fires: a read may be repeated.</summary>
    public static async ValueTask<T> RetryAsync<T>(Func<CancellationToken, ValueTask<T>> read, CancellationToken cancellationToken)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                return await read(cancellationToken).ConfigureAwait(false);
            }
            catch (CoordinatorException e) when (e.Status == ZkArrowStatus.Cancelled)
            {
                throw new OperationCanceledException(e.Message, e, cancellationToken);
            }
            catch (CoordinatorException e) when (e.Status is ZkArrowStatus.Unavailable or ZkArrowStatus.SessionExpired)
            {
                // the coordinator queues requests until it is connected again, so this cannot spin faster than it reconnects
                await Task.Delay(10, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private static string ReadBootId()
    {
        const string Path = "/proc/sys/kernel/random/boot_id";
        return File.Exists(Path) ? File.ReadAllText(Path).Trim() : Environment.MachineName;
    }
}
