using System.Diagnostics;
using ZkArrow.ZooKeeper.Protocol;

namespace ZkArrow.ZooKeeper.Session;

internal enum RequestState { New, Queued, InFlight, Completed }

/// <summary>
/// One request from its call to its reply. All changes of <see cref="State"/> and of the list links happen under the
/// session's gate; whoever moves it to Completed there completes it afterwards, outside.
/// </summary>
internal abstract class Request
{
    public ZkSession Session = null!;
    public string What = "";
    public string? Path;
    public bool IsWrite;
    public int PacketLength;
    public Packet Packet;
    public RequestState State;
    public int Xid;
    public long SentAt;
    /// <summary>When the call was made, if anyone wants to know: the timeout or a listener.</summary>
    public long SubmittedAt;
    public Activity? Activity;
    public Request? Previous;
    public Request? Next;
    public CancellationTokenRegistration Cancellation;

    /// <summary>Which table the watcher goes to when the reply says that the server set the watch.</summary>
    public WatchKind WatchKind;
    /// <summary>The watched path as the server knows it.</summary>
    public string WatchPath = "";
    public Action<ZkWatchEvent>? Watcher;
    public PersistentWatch? PersistentWatch;
    /// <summary>The one-shot watchers that go when the reply comes.</summary>
    public ZkWatchType? RemovesWatches;

    /// <summary>An exists that finds nothing is an answer, not an error.</summary>
    public bool AcceptsNoNode;

    /// <summary>The header of a multi's reply says nothing: whether it was done is in the body.</summary>
    public bool AnswersInBody;

    public bool Answers(ZkErrorCode error) =>
        error == ZkErrorCode.Ok || (AcceptsNoNode && error == ZkErrorCode.NoNode);

    /// <summary>What is known when a request that was sent gets no reply.</summary>
    public ZkOutcome OutcomeWithoutReply => IsWrite ? ZkOutcome.Unknown : ZkOutcome.NotDone;

    public abstract void Fail(Exception exception);

    public abstract void Fail(ZkErrorCode code, ZkOutcome outcome, string? reason = null);

    /// <summary>Decodes the reply and completes. A reply that cannot be decoded fails the request and is thrown on.</summary>
    public abstract void Complete(ref JuteReader reader, in ReplyContext context);

    /// <summary>What an error reply says about the effect: the server's own failures leave it open.</summary>
    public ZkOutcome OutcomeOf(ZkErrorCode error) => error
        is ZkErrorCode.SystemError or ZkErrorCode.RuntimeInconsistency or ZkErrorCode.DataInconsistency
        or ZkErrorCode.ConnectionLoss or ZkErrorCode.OperationTimeout or ZkErrorCode.RequestTimeout
        or ZkErrorCode.SessionExpired
        ? OutcomeWithoutReply
        : ZkOutcome.NotDone;
}
