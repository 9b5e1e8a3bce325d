namespace ZkArrow;

/// <content>What is decided about datasets and their versions.</content>
public sealed partial class ZkArrowClient
{
    /// <summary>
    /// Decides which versions of a dataset are kept, which schemas it admits and how long it stays. Makes the dataset, with
    /// no version, when it does not exist. Publishers follow at once; versions that are no longer kept go with the next
    /// publish, or the next sweep.
    /// </summary>
    /// <param name="name">The dataset.</param>
    /// <param name="options">What to decide; what is null stays as it is.</param>
    /// <param name="cancellationToken">Stops the waiting; what was sent may be applied all the same.</param>
    /// <exception cref="ZkArrowException">InvalidArgument (a time to live for a dataset of a session), PermissionDenied, Unavailable.</exception>
    public ValueTask ConfigureAsync(string name, DatasetOptions options, CancellationToken cancellationToken = default) =>
        ConfigureAsync(name, options, _options.OperationTimeout, cancellationToken);

    /// <summary>All that is known of a dataset.</summary>
    /// <param name="name">The dataset.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="ZkArrowException">NotFound, Unavailable.</exception>
    public ValueTask<DatasetDescription> DescribeAsync(string name, CancellationToken cancellationToken = default) =>
        DescribeAsync(name, _options.OperationTimeout, cancellationToken);

    /// <summary>
    /// Gives a version a tag. A tag names one version: one that another version has moves, atomically. What has a tag is
    /// neither dropped nor removed by retention.
    /// </summary>
    /// <param name="name">The dataset.</param>
    /// <param name="version">The version's number.</param>
    /// <param name="tag">1 to 128 bytes of UTF-8 with no control character.</param>
    /// <param name="cancellationToken">Stops the waiting; what was sent may be applied all the same.</param>
    /// <exception cref="ZkArrowException">NotFound, TooLarge (256 tags), PermissionDenied, Unavailable.</exception>
    public ValueTask TagAsync(string name, long version, string tag, CancellationToken cancellationToken = default) =>
        TagAsync(name, version, tag, _options.OperationTimeout, cancellationToken);

    /// <summary>Removes a tag; its version stays until it is dropped or no longer kept.</summary>
    /// <param name="name">The dataset.</param>
    /// <param name="tag">The tag.</param>
    /// <param name="cancellationToken">Stops the waiting; what was sent may be applied all the same.</param>
    /// <exception cref="ZkArrowException">NotFound, PermissionDenied, Unavailable.</exception>
    public ValueTask UntagAsync(string name, string tag, CancellationToken cancellationToken = default) =>
        UntagAsync(name, tag, _options.OperationTimeout, cancellationToken);

    internal async ValueTask ConfigureAsync(string name, DatasetOptions options, TimeSpan timeout, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        await CallAsync(call => Done(_settings.ConfigureAsync(name, options, call)), timeout, cancellationToken).ConfigureAwait(false);
    }

    internal ValueTask<DatasetDescription> DescribeAsync(string name, TimeSpan timeout, CancellationToken cancellationToken) =>
        CallAsync(call => _settings.DescribeAsync(name, call), timeout, cancellationToken);

    internal async ValueTask TagAsync(string name, long version, string tag, TimeSpan timeout, CancellationToken cancellationToken) =>
        await CallAsync(call => Done(_settings.TagAsync(name, version, tag, call)), timeout, cancellationToken).ConfigureAwait(false);

    internal async ValueTask UntagAsync(string name, string tag, TimeSpan timeout, CancellationToken cancellationToken) =>
        await CallAsync(call => Done(_settings.UntagAsync(name, tag, call)), timeout, cancellationToken).ConfigureAwait(false);

    private static async ValueTask<bool> Done(ValueTask task)
    {
        await task.ConfigureAwait(false);
        return true;
    }
}
