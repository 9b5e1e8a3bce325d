using ZkArrow.Ownership;

namespace ZkArrow;

/// <content>Ownership.</content>
public sealed partial class ZkArrowClient
{
    /// <summary>For how long closing waits for what it owns to be released; the end of the session frees it all the same.</summary>
    private static readonly TimeSpan ReleaseBound = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Becomes the one writer of a dataset, with an epoch larger than every one before; makes the dataset, with no version yet, when
    /// it does not exist. Where it has an owner, this waits until that one releases it or its session ends.
    /// </summary>
    /// <param name="name">The dataset.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>The ownership; disposing it releases it.</returns>
    /// <exception cref="ZkArrowException">InvalidArgument, Timeout (naming the owner), Unavailable, PermissionDenied.</exception>
    public ValueTask<ZkArrowOwner> AcquireOwnershipAsync(string name, OwnershipOptions? options = null, CancellationToken cancellationToken = default) =>
        AcquireOwnershipAsync(name, options?.TakeOver ?? false, options?.Timeout ?? _options.OperationTimeout, cancellationToken);

    internal ValueTask<ZkArrowOwner> AcquireOwnershipAsync(string name, bool takesOver, TimeSpan timeout, CancellationToken cancellationToken) => CallAsync(
        async call => new ZkArrowOwner(this, await _acquirer.AcquireAsync(name, takesOver, call).ConfigureAwait(false)), timeout, cancellationToken);

    internal ValueTask<OwnerState> WaitForChangeAsync(OwnerTerm term, OwnerState from, TimeSpan timeout, CancellationToken cancellationToken) =>
        CallAsync(call => term.WaitForChangeAsync(from, call), timeout, cancellationToken);

    internal async ValueTask ReleaseAsync(OwnerTerm term, TimeSpan timeout, CancellationToken cancellationToken)
    {
        // a client that closes releases what it owns
        if (term.ReleaseAsync() is { IsCompleted: false } release)
        {
            await CallAsync(
                async call =>
                {
                    await release.WaitAsync(call.Token).ConfigureAwait(false);
                    return true;
                },
                timeout,
                cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>What is owned when the client closes is released, so that others need not take it for a crash.</summary>
    private async ValueTask ReleaseOwnedAsync()
    {
        if (_context.Coordinator.State != Coordination.CoordinatorState.Connected)
            return;
        using CancellationTokenSource bound = new();
        await Task.WhenAny(_acquirer.ReleaseAllAsync(), Task.Delay(ReleaseBound, bound.Token)).ConfigureAwait(false);
        await bound.CancelAsync().ConfigureAwait(false);
    }
}
