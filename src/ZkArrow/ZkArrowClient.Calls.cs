using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using ZkArrow.ArrowC;
using ZkArrow.Coordination;
using ZkArrow.Datasets;
using ZkArrow.Embedded;
using ZkArrow.Segments;

namespace ZkArrow;

/// <content>The calls with a deadline of their own, as the C ABI makes them.</content>
public sealed partial class ZkArrowClient
{
    /// <summary>Segments younger than this may belong to a publisher that is about to commit.</summary>
    internal static readonly TimeSpan SweepGrace = TimeSpan.FromMinutes(10);

    /// <summary>Few and rarely, so that a thousand clients are no burden; what one does not look at, another does.</summary>
    private static readonly TimeSpan TendEvery = TimeSpan.FromMinutes(1);
    private const int TendAtATime = 64;

    internal static async ValueTask<ZkArrowClient> ConnectAsync(string url, ZkArrowOptions? options, TimeSpan timeout, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(url);
        options ??= new ZkArrowOptions();
        ConnectUrl parts = ConnectUrl.Parse(url);
        ILogger logger = options.LoggerFactory?.CreateLogger("ZkArrow") ?? NullLogger.Instance;
        using Call call = new(timeout, cancellationToken, CancellationToken.None);
        ICoordinator? coordinator = null;
        try
        {
            coordinator = await CoordinateAsync(parts, options, call.Token).ConfigureAwait(false);
            ZnodeLayout layout = new(parts.Chroot);
            ICoordinator tree = coordinator;
            Guid id = await DatasetContext.RetryAsync(t => NamespaceOpener.OpenAsync(tree, layout, t), call.Token).ConfigureAwait(false);
            DataDirectory directory = DataDirectory.Open(options.DataDirectory ?? (parts.LocalPath == null ? null : LocalFolder.DataOf(parts.LocalPath)), id.ToString("N"), options.SpaceLimit);
            DataDirectory? disk = options.DiskDirectory == null ? null : DataDirectory.OpenDisk(options.DiskDirectory, id.ToString("N"));
            DatasetContext context = new(coordinator, layout, new SegmentPlaces(directory, disk), ChangeBoard.Open(directory), logger) { CodeTag = options.CodeTag };
            ZkArrowClient client = new(options, context, parts.Servers);
            if (ZkArrowTelemetry.IsSupported)
                Telemetry.Opened(client);
            client.SweepInBackground();
            return client;
        }
        catch (Exception e)
        {
            if (coordinator != null)
                await coordinator.DisposeAsync().ConfigureAwait(false);
            throw call.Translate(e, CoordinatorState.Suspended) ?? e;
        }
    }

    /// <summary>The coordinator that a URL names.</summary>
    private static async ValueTask<ICoordinator> CoordinateAsync(ConnectUrl url, ZkArrowOptions options, CancellationToken cancellationToken)
    {
        if (url.LocalPath == null)
            return await ZooKeeperCoordinator.ConnectAsync(url, options, cancellationToken).ConfigureAwait(false);
        return options.Auth == null
            ? await LocalCoordinator.OpenAsync(url.LocalPath, cancellationToken).ConfigureAwait(false)
            : throw new ZkArrowException(ZkArrowStatus.InvalidArgument, "the auth option was refused: an embedded coordinator has the access rights of its folder");
    }

    internal ValueTask<DatasetVersion> PublishAsync(string name, ArrowTable table, PublishOptions? options, TimeSpan timeout, CancellationToken cancellationToken) =>
        CallAsync(call => _publisher.PublishAsync(name, table, options ?? DefaultPublish, InlineMax, call), timeout, cancellationToken);

    internal ValueTask<DatasetVersion> AppendAsync(string name, ArrowTable rows, PublishOptions? options, TimeSpan timeout, CancellationToken cancellationToken) =>
        CallAsync(call => _publisher.AppendAsync(name, rows, options ?? DefaultPublish, InlineMax, call), timeout, cancellationToken);

    internal ValueTask<ZkArrowTable> ReadAsync(string name, ReadOptions? options, TimeSpan timeout, CancellationToken cancellationToken)
    {
        options ??= DefaultRead;
        ThrowIfClosed();
        if (options.AsOf is { } moment)
            return ReadAsync(name, moment, options, timeout, cancellationToken);
        return !cancellationToken.IsCancellationRequested && _reader.TryOpenCached(name, options) is { } table
            ? new ValueTask<ZkArrowTable>(table)
            : CallAsync(call => _reader.OpenAsync(name, options, call), timeout, cancellationToken);
    }

    internal ValueTask<DatasetVersion> StatAsync(string name, long version, TimeSpan timeout, CancellationToken cancellationToken) =>
        CallAsync(call => _catalog.StatAsync(name, NotNegative(version), call), timeout, cancellationToken);

    internal ValueTask<IReadOnlyList<DatasetInfo>> ListAsync(string? prefix, TimeSpan timeout, CancellationToken cancellationToken) =>
        CallAsync(call => _catalog.ListAsync(prefix, call), timeout, cancellationToken);

    internal ValueTask<IReadOnlyList<DatasetVersion>> HistoryAsync(string name, TimeSpan timeout, CancellationToken cancellationToken) =>
        CallAsync(call => _catalog.HistoryAsync(name, call), timeout, cancellationToken);

    internal async ValueTask DropAsync(string name, long version, TimeSpan timeout, CancellationToken cancellationToken) =>
        await CallAsync(
            async call =>
            {
                await _dropper.DropAsync(name, NotNegative(version), call).ConfigureAwait(false);
                return true;
            },
            timeout,
            cancellationToken).ConfigureAwait(false);

    internal DatasetSubscription Subscribe(string name, long after)
    {
        ThrowIfClosed();
        return new DatasetSubscription(_heads[name], NotNegative(after), _context, _catalog, _reader);
    }

    /// <summary>Runs one call under its deadline, and says afterwards why it ended.</summary>
    /// <param name="body">What to do.</param>
    /// <param name="timeout">Its deadline.</param>
    /// <param name="cancellationToken">The caller's.</param>
    /// <param name="operation">What a span of it is named after.</param>
    internal async ValueTask<T> CallAsync<T>(
        Func<Call, ValueTask<T>> body, TimeSpan timeout, CancellationToken cancellationToken, [CallerMemberName] string operation = "")
    {
        ThrowIfClosed();
        using Call call = new(timeout, cancellationToken, _context.Closing.Token);
        // the span is current only within this method, so that the coordinator's requests stand below it
        CallSpan span = ZkArrowTelemetry.IsSupported ? Telemetry.Started(operation, _servers) : default;
        try
        {
            // what is answered from memory never looks
            cancellationToken.ThrowIfCancellationRequested();
            T result = await body(call).ConfigureAwait(false);
            if (ZkArrowTelemetry.IsSupported)
                Telemetry.Ended(span, null);
            return result;
        }
        catch (Exception e)
        {
            Exception? translated = call.Translate(e, _context.Coordinator.State);
            if (ZkArrowTelemetry.IsSupported)
                Telemetry.Ended(span, translated ?? e);
            if (translated is not null)
                throw translated;
            throw;
        }
    }

    private ValueTask<int> SweepAsync(TimeSpan grace, TimeSpan timeout, CancellationToken cancellationToken) => CallAsync(
        call => new Sweeper(_context, _catalog, _records, _dropper, _tender).SweepAsync(grace, call), timeout, cancellationToken);

    /// <summary>Sweeps, and from then on looks after some of the datasets that end by themselves, every now and then.</summary>
    private void SweepInBackground() => _ = Task.Run(async () =>
    {
        try
        {
            await SweepAsync(SweepGrace, Timeout.InfiniteTimeSpan, CancellationToken.None).ConfigureAwait(false);
            using PeriodicTimer timer = new(TendEvery);
            while (await timer.WaitForNextTickAsync(_context.Closing.Token).ConfigureAwait(false))
            {
                await _tender.TendAsync(TendAtATime, _context.Closing.Token).ConfigureAwait(false);
                await _context.Places.ForgetDroppedAsync(file => _records.HaveSurelyAsync(file, _context.Closing.Token)).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is ZkArrowException or CoordinatorException or OperationCanceledException or ObjectDisposedException)
        {
            // the next client that is opened sweeps again
            if (_closed == 0)
                LogSweepFailed(_context.Logger, e.Message);
        }
    });

    private void ThrowIfClosed() =>
        ObjectDisposedException.ThrowIf(_closed != 0, this);

    private static long NotNegative(long number) => number >= 0
        ? number
        : throw new ZkArrowException(ZkArrowStatus.InvalidArgument, $"the version number was {number}; it must not be negative");

    [LoggerMessage(EventId = 110, Level = LogLevel.Warning, Message = "Sweeping in the background failed: {Reason}")]
    private static partial void LogSweepFailed(ILogger logger, string reason);
}
