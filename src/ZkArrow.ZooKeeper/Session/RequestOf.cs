using System.Threading.Tasks.Sources;
using ZkArrow.ZooKeeper.Protocol;

namespace ZkArrow.ZooKeeper.Session;

/// <summary>
/// A request with its result. The object is used again for a later call, but only when nobody can touch it any more:
/// its reply came and was handled, its awaiter took the result, and no cancellation can still be running. A request
/// that ended in any other way (cancelled, timed out, lost with its connection) is left to the collector.
/// </summary>
internal sealed class Request<T> : Request, IValueTaskSource<T>, IValueTaskSource<ZkResult<T>>, IValueTaskSource
{
    private const int MaxPooled = 1024;
    private static readonly RequestPool<Request<T>> _pool = new(MaxPooled);

    // asynchronous continuations: the user's code never runs on the read loop
    private ManualResetValueTaskSourceCore<bool> _source = new() { RunContinuationsAsynchronously = true };
    private ReplyDecoder<T> _decoder = null!;
    private T? _value;
    private bool _failed;
    private ZkErrorCode _code;
    private ZkOutcome _outcome;
    private string? _reason;
    private Exception? _exception;
    private int _holders;
    private int _isTaken;

    private Request() { }

    public ValueTask<T> Task => new(this, _source.Version);

    public ValueTask<ZkResult<T>> ResultTask => new(this, _source.Version);

    public ValueTask VoidTask => new(this, _source.Version);

    public static Request<T> Rent(
        ZkSession session, string what, string? path, bool isWrite, Packet packet, ReplyDecoder<T> decoder)
    {
        Request<T> request = _pool.TryTake() ?? new Request<T>();
        request.Session = session;
        request.What = what;
        request.Path = path;
        request.IsWrite = isWrite;
        request.Packet = packet;
        request.PacketLength = packet.Length;
        request._decoder = decoder;
        request._holders = 2; // the one who completes it and the one who awaits it
        return request;
    }

    public override void Fail(Exception exception)
    {
        Cancellation.Unregister();
        _failed = true;
        _exception = exception;
        (_code, _outcome) = exception is ZkException known
            ? (known.Code, known.Outcome)
            : (ZkErrorCode.SystemError, OutcomeWithoutReply);
        End();
    }

    public override void Fail(ZkErrorCode code, ZkOutcome outcome, string? reason = null)
    {
        Cancellation.Unregister();
        SetError(code, outcome, reason);
        End();
    }

    public override void Complete(ref JuteReader reader, in ReplyContext context)
    {
        bool mayBeCancelling = Cancellation != default && !Cancellation.Unregister();
        try
        {
            Decode(ref reader, context);
        }
        finally
        {
            End();
            if (!mayBeCancelling)
                Release();
        }
    }

    T IValueTaskSource<T>.GetResult(short token)
    {
        Take(token);
        if (_failed)
            throw Failure();
        T value = _value!;
        Release();
        return value;
    }

    ZkResult<T> IValueTaskSource<ZkResult<T>>.GetResult(short token)
    {
        Take(token);
        if (_exception is ZkCanceledException cancelled)
            throw cancelled;
        ZkResult<T> result = _failed
            ? new ZkResult<T>(_code, _outcome, What, Path, _reason, _exception as ZkException)
            : new ZkResult<T>(_value!);
        Release();
        return result;
    }

    void IValueTaskSource.GetResult(short token) => ((IValueTaskSource<T>)this).GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<ZkResult<T>>.GetStatus(short token)
    {
        ValueTaskSourceStatus status = _source.GetStatus(token);
        return status == ValueTaskSourceStatus.Succeeded && _exception is ZkCanceledException
            ? ValueTaskSourceStatus.Canceled
            : status;
    }

    public ValueTaskSourceStatus GetStatus(short token)
    {
        ValueTaskSourceStatus status = _source.GetStatus(token);
        if (status != ValueTaskSourceStatus.Succeeded || !_failed)
            return status;
        return _exception is ZkCanceledException ? ValueTaskSourceStatus.Canceled : ValueTaskSourceStatus.Faulted;
    }

    public void OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);

    private void Decode(ref JuteReader reader, in ReplyContext context)
    {
        if (!Answers(context.Error))
        {
            SetError(context.Error, OutcomeOf(context.Error), null);
            return;
        }

        try
        {
            _value = _decoder(ref reader, context);
        }
        catch (ZkProtocolException broken)
        {
            // the header said that it was done; only the details are lost
            ZkProtocolException told = new(
                broken.Message, IsWrite && !AnswersInBody ? ZkOutcome.Done : OutcomeWithoutReply, Path);
            SetError(told.Code, told.Outcome, null);
            _exception = told;
            throw;
        }

        if (_value is ZkMultiResult { Refusal: { } refused })
        {
            SetError(refused.Code, refused.Outcome, null);
            _exception = refused;
        }
    }

    private void SetError(ZkErrorCode code, ZkOutcome outcome, string? reason)
    {
        _failed = true;
        _code = code;
        _outcome = outcome;
        _reason = reason;
    }

    /// <summary>A second taking would give back what the first gave back already, so it is refused.</summary>
    private void Take(short token)
    {
        _source.GetResult(token);
        if (Interlocked.Exchange(ref _isTaken, 1) != 0)
            throw new InvalidOperationException("The result of an operation was taken twice; await a ValueTask once, or use AsTask.");
    }

    private Exception Failure()
    {
        Exception failure = _exception ?? ZkException.Create(_code, _outcome, Path, What, _reason);
        Release();
        return failure;
    }

    private void End()
    {
        Telemetry.Ended(this, _failed ? _code : ZkErrorCode.Ok, _exception is ZkCanceledException);
        _source.SetResult(true);
    }

    /// <summary>The second of the two who held it gives it back; a request that did not get its reply has but one.</summary>
    private void Release()
    {
        if (Interlocked.Decrement(ref _holders) != 0)
            return;
        _source.Reset(); // whoever awaits it once more is refused
        Session = null!;
        What = "";
        Path = null;
        State = RequestState.New;
        SubmittedAt = 0;
        Activity = null;
        Cancellation = default;
        WatchPath = "";
        Watcher = null;
        PersistentWatch = null;
        RemovesWatches = null;
        AcceptsNoNode = AnswersInBody = false;
        _decoder = null!;
        _value = default;
        _failed = false;
        _reason = null;
        _exception = null;
        _isTaken = 0;
        _pool.Return(this);
    }
}
