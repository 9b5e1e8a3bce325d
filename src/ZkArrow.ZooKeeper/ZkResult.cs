namespace ZkArrow.ZooKeeper;

/// <summary>
/// What came of an operation, without an exception: the value, or the code of the failure and what is known about its
/// effect. Only cancellation and wrong arguments are thrown by the methods that return it.
/// </summary>
/// <typeparam name="T">The type of the value.</typeparam>
public readonly struct ZkResult<T>
{
    private readonly T _value;
    private readonly string? _what;
    private readonly string? _reason;
    private readonly ZkException? _exception;

    internal ZkResult(T value)
    {
        _value = value;
        Outcome = ZkOutcome.Done;
    }

    internal ZkResult(
        ZkErrorCode code, ZkOutcome outcome, string what, string? path, string? reason, ZkException? exception)
    {
        _value = default!;
        (Code, Outcome, _what, _reason, _exception) = (code, outcome, what, reason, exception);
        Path = exception is null ? path : exception.Path;
    }

    /// <summary>Ok, or why it failed.</summary>
    public ZkErrorCode Code { get; }

    /// <summary>What is known about the effect.</summary>
    public ZkOutcome Outcome { get; }

    /// <summary>The node of a failed operation; of a multi, that of the operation that failed.</summary>
    public string? Path { get; }

    /// <summary>Whether there is a value.</summary>
    public bool IsOk => Code == ZkErrorCode.Ok;

    /// <summary>The operation of a multi that failed, else -1.</summary>
    public int FailedIndex => _exception is ZkMultiException multi ? multi.FailedIndex : -1;

    /// <summary>The value.</summary>
    /// <exception cref="ZkException">The operation failed.</exception>
    public T Value => IsOk ? _value : throw ToException()!;

    /// <summary>The value, or the default when the operation failed.</summary>
    public T? ValueOrDefault => _value;

    /// <summary>The exception that the throwing variant would have thrown; null when it succeeded.</summary>
    public ZkException? ToException() =>
        IsOk ? null : _exception ?? ZkException.Create(Code, Outcome, Path, _what ?? "The operation", _reason);
}
