using System.Threading.Tasks.Sources;
using ZkArrow.ZooKeeper.Protocol;

namespace ZkArrow.ZooKeeper.Session;

internal enum RequestState { New, Queued, InFlight, Completed }

/// <summary>
/// One request from its call to its reply. All changes of <see cref="State"/> and of the list links happen under the
/// session's gate; whoever moves it to Completed there completes it afterwards, outside.
/// </summary>
internal abstract class Request(ZkSession session, string what, string? path, bool isWrite, Packet packet)
{
    public readonly ZkSession Session = session;
    public readonly string What = what;
    public readonly string? Path = path;
    public readonly bool IsWrite = isWrite;
    public readonly int PacketLength = packet.Length;
    public Packet Packet = packet;
    public RequestState State;
    public int Xid;
    public long SentAt;
    public Request? Previous;
    public Request? Next;
    public CancellationTokenRegistration Cancellation;

    /// <summary>Which table the watcher goes to when the reply says that the server set the watch.</summary>
    public WatchKind WatchKind;
    /// <summary>The watched path as the server knows it.</summary>
    public string WatchPath = "";
    public Action<ZkWatchEvent>? Watcher;
    public PersistentWatch? PersistentWatch;

    /// <summary>An exists that finds nothing is an answer, not an error.</summary>
    public bool AcceptsNoNode;

    /// <summary>The header of a multi's reply says nothing: whether it was done is in the body.</summary>
    public bool AnswersInBody;

    public bool Answers(ZkErrorCode error) =>
        error == ZkErrorCode.Ok || (AcceptsNoNode && error == ZkErrorCode.NoNode);

    /// <summary>What is known when a request that was sent gets no reply.</summary>
    public ZkOutcome OutcomeWithoutReply => IsWrite ? ZkOutcome.Unknown : ZkOutcome.NotDone;

    public abstract void Fail(Exception exception);

    /// <summary>Decodes the reply and completes. A reply that cannot be decoded fails the request and is thrown on.</summary>
    public abstract void Complete(ref JuteReader reader, in ReplyContext context);

    public void Fail(ZkErrorCode code, ZkOutcome outcome, string? reason = null) =>
        Fail(ZkException.Create(code, outcome, Path, What, reason));

    /// <summary>What an error reply says about the effect: the server's own failures leave it open.</summary>
    public ZkOutcome OutcomeOf(ZkErrorCode error) => error
        is ZkErrorCode.SystemError or ZkErrorCode.RuntimeInconsistency or ZkErrorCode.DataInconsistency
        or ZkErrorCode.ConnectionLoss or ZkErrorCode.OperationTimeout or ZkErrorCode.RequestTimeout
        or ZkErrorCode.SessionExpired
        ? OutcomeWithoutReply
        : ZkOutcome.NotDone;
}

internal sealed class Request<T>(
    ZkSession session, string what, string? path, bool isWrite, Packet packet, ReplyDecoder<T> decoder)
    : Request(session, what, path, isWrite, packet), IValueTaskSource<T>, IValueTaskSource
{
    // asynchronous continuations: the user's code never runs on the read loop
    private ManualResetValueTaskSourceCore<T> _source = new() { RunContinuationsAsynchronously = true };

    public ValueTask<T> Task => new(this, _source.Version);

    public ValueTask VoidTask => new(this, _source.Version);

    public override void Fail(Exception exception)
    {
        Cancellation.Unregister();
        _source.SetException(exception);
    }

    public override void Complete(ref JuteReader reader, in ReplyContext context)
    {
        Cancellation.Unregister();
        if (!Answers(context.Error))
        {
            _source.SetException(ZkException.Create(context.Error, OutcomeOf(context.Error), Path, What));
            return;
        }

        T result;
        try
        {
            result = decoder(ref reader, context);
        }
        catch (ZkMultiException refused)
        {
            _source.SetException(refused);
            return;
        }
        catch (ZkProtocolException broken)
        {
            // the header said that it was done; only the details are lost
            _source.SetException(new ZkProtocolException(
                broken.Message, IsWrite && !AnswersInBody ? ZkOutcome.Done : OutcomeWithoutReply, Path));
            throw;
        }

        _source.SetResult(result);
    }

    T IValueTaskSource<T>.GetResult(short token) => _source.GetResult(token);

    void IValueTaskSource.GetResult(short token) => _source.GetResult(token);

    public ValueTaskSourceStatus GetStatus(short token) => _source.GetStatus(token);

    public void OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);
}
