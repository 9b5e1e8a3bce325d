using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using ZkArrow.Coordination;
using ZkArrow.Segments;

namespace ZkArrow.Datasets;

/// <summary>What every operation of an open client works with.</summary>
internal sealed class DatasetContext(ICoordinator coordinator, ZnodeLayout layout, DataDirectory directory, ChangeBoard board, ILogger logger)
{
    private long _commits = BitConverter.ToInt64(RandomNumberGenerator.GetBytes(8));
    private readonly byte[] _writer = RandomNumberGenerator.GetBytes(8);

    public ICoordinator Coordinator { get; } = coordinator;

    public ZnodeLayout Layout { get; } = layout;

    public DataDirectory Directory { get; } = directory;

    public ChangeBoard Board { get; } = board;

    public ILogger Logger { get; } = logger;

    /// <summary>Fires when the client is closed.</summary>
    public CancellationTokenSource Closing { get; } = new();

    /// <summary>The versions already open in this process.</summary>
    public OpenVersions Open { get; } = new();

    /// <summary>Who publishes, for people who read a history.</summary>
    public string Author { get; } = $"{Environment.ProcessId}@{Environment.MachineName}";

    /// <summary>This boot of this host: shared memory does not outlive it.</summary>
    public string Boot { get; } = ReadBootId();

    /// <summary>A commit id, never used before: 64 bits of this writer, 64 bits of a counter.</summary>
    public string NextCommitId() =>
        Convert.ToHexStringLower(_writer) + Interlocked.Increment(ref _commits).ToString("x16", null);

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
