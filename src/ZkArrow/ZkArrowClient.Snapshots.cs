namespace ZkArrow;

/// <content>Snapshots, and reading as of an earlier moment.</content>
public sealed partial class ZkArrowClient
{
    /// <summary>
    /// Takes a consistent cut over several datasets: the versions that were their heads at one commit. It sees every commit that was
    /// acknowledged anywhere before the call, and never one half of a transaction, whatever the writers do.
    /// </summary>
    /// <param name="names">The datasets, at most 4,096; null for all there are.</param>
    /// <param name="asOf">An earlier moment; null for now. Of all datasets, those that had no version then are left out.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>The snapshot, which holds the bytes of all its versions; the caller disposes it.</returns>
    /// <exception cref="ZkArrowException">
    /// InvalidArgument, NotFound (a dataset, its version at that moment, or the moment), TooLarge (more datasets), Unavailable.
    /// </exception>
    public ValueTask<ZkArrowSnapshot> SnapshotAsync(IReadOnlyList<string>? names = null, AsOf? asOf = null, CancellationToken cancellationToken = default) =>
        SnapshotAsync(names, asOf, _options.OperationTimeout, cancellationToken);

    internal ValueTask<ZkArrowSnapshot> SnapshotAsync(IReadOnlyList<string>? names, AsOf? asOf, TimeSpan timeout, CancellationToken cancellationToken) =>
        CallAsync(call => _snapshots.OpenAsync(names, asOf, validateFull: false, call), timeout, cancellationToken);

    private async ValueTask<ZkArrowTable> ReadAsync(string name, AsOf moment, ReadOptions options, TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (options.Version != 0 || options.Tag != null || options.Wait)
            throw new ZkArrowException(ZkArrowStatus.InvalidArgument, "as_of was given together with version, tag or wait; give one of them");
        using ZkArrowSnapshot cut = await CallAsync(
            call => _snapshots.OpenAsync([name], moment, options.ValidateFull, call), timeout, cancellationToken).ConfigureAwait(false);
        return cut.Read(name);
    }
}
