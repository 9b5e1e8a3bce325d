using System.Diagnostics;
using ZkArrow.Coordination;
using ZkArrow.Datasets;

namespace ZkArrow.Cli.Doctor;

/// <summary>
/// A connection to the coordinator that makes nothing there: no tree, no sweep, unlike a client that is opened.
/// </summary>
internal sealed class CoordinatorLink : IAsyncDisposable
{
    private ICoordinator? _coordinator;

    /// <summary>Why there is no connection, or no namespace to be read; null when there is one.</summary>
    public ZkArrowException? Failure { get; private set; }

    /// <summary>The namespace's id; null when nobody has made it yet.</summary>
    public Guid? Namespace { get; private set; }

    /// <summary>Null when there is no namespace.</summary>
    public NamespaceRecords? Records { get; private set; }

    /// <summary>How long it took.</summary>
    public TimeSpan Elapsed { get; private set; }

    public bool IsUnreachable => Failure?.Status is ZkArrowStatus.Unavailable or ZkArrowStatus.Timeout;

    public static async ValueTask<CoordinatorLink> OpenAsync(ConnectUrl url, TimeSpan timeout, CancellationToken cancellationToken)
    {
        CoordinatorLink link = new();
        using Call call = new(timeout, cancellationToken, CancellationToken.None);
        try
        {
            long start = Stopwatch.GetTimestamp();
            ICoordinator coordinator = await ZooKeeperCoordinator.ConnectAsync(url, new ZkArrowOptions(), call.Token).ConfigureAwait(false);
            link._coordinator = coordinator;
            ZnodeLayout layout = new(url.Chroot);
            link.Namespace = await DatasetContext.RetryAsync(token => NamespaceOpener.FindAsync(coordinator, layout, token), call.Token).ConfigureAwait(false);
            link.Elapsed = Stopwatch.GetElapsedTime(start);
            if (link.Namespace != null)
                link.Records = new NamespaceRecords(coordinator, layout);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested && (call.Translate(e, CoordinatorState.Suspended) ?? e) is ZkArrowException)
        {
            link.Failure = (ZkArrowException)(call.Translate(e, CoordinatorState.Suspended) ?? e);
        }
        catch
        {
            await link.DisposeAsync().ConfigureAwait(false);
            throw;
        }

        return link;
    }

    public ValueTask DisposeAsync() => _coordinator?.DisposeAsync() ?? ValueTask.CompletedTask;
}
