namespace ZkArrow.ZooKeeper;

/// <summary>
/// The operation took longer than <see cref="ZkClientOptions.OperationTimeout"/>. What was not sent was not done; a
/// write that was sent has the outcome <see cref="ZkOutcome.Unknown"/>.
/// </summary>
public sealed class ZkTimeoutException : ZkException
{
    internal ZkTimeoutException(ZkOutcome outcome, string? path, string message)
        : base(ZkErrorCode.OperationTimeout, outcome, path, message) { }
}
