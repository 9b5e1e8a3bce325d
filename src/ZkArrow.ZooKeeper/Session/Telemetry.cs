using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace ZkArrow.ZooKeeper.Session;

/// <summary>What the client tells meters and tracers. While nobody listens it costs two checks of a field per call.</summary>
internal static class Telemetry
{
    private static readonly Meter _meter = new(ZkTelemetry.Name);
    private static readonly ActivitySource _activities = new(ZkTelemetry.Name);
    private static readonly ConcurrentDictionary<ZkSession, bool> _sessions = new();

    private static readonly Histogram<double> _duration = _meter.CreateHistogram<double>(
        ZkTelemetry.OperationDuration, "s", "Time from a call to its result.");

    private static readonly Counter<long> _reconnects = _meter.CreateCounter<long>(
        ZkTelemetry.Reconnects, "{reconnect}", "Connections that were made after the first one of a client.");

    static Telemetry()
    {
        _meter.CreateObservableUpDownCounter(
            ZkTelemetry.Requests, Requests, "{request}", "Requests that wait to be sent (queued) or for their reply (in_flight).");
        _meter.CreateObservableUpDownCounter(
            ZkTelemetry.Sessions, Sessions, "{session}", "Clients by the state of their session.");
    }

    public static bool IsTimed => _duration.Enabled;

    public static void Opened(ZkSession session) => _sessions.TryAdd(session, true);

    public static void Closed(ZkSession session) => _sessions.TryRemove(session, out _);

    public static void Reconnected() => _reconnects.Add(1);

    /// <summary>Starts the span of a call. It is the caller's child, but never becomes the caller's current one.</summary>
    public static void Started(Request request)
    {
        if (!_activities.HasListeners())
            return;
        Activity? callers = Activity.Current;
        Activity? activity = _activities.StartActivity(request.What, ActivityKind.Client);
        Activity.Current = callers;
        if (activity is null)
            return;
        activity.SetTag("db.system.name", "zookeeper");
        activity.SetTag("db.operation.name", request.What);
        if (request.Path is not null)
            activity.SetTag("zookeeper.path", request.Path);
        request.Activity = activity;
    }

    /// <summary>Called once, before the result of a request is given away.</summary>
    public static void Ended(Request request, ZkErrorCode code, bool isCancelled)
    {
        if (request.SubmittedAt != 0 && _duration.Enabled)
        {
            _duration.Record(
                Stopwatch.GetElapsedTime(request.SubmittedAt).TotalSeconds,
                new("operation", request.What), new("code", CodeName(code, isCancelled)));
        }

        if (request.Activity is not { } activity)
            return;
        activity.SetTag("zookeeper.session_id", $"0x{request.Session.SessionId:x}");
        if (code != ZkErrorCode.Ok)
        {
            activity.SetTag("error.type", CodeName(code, isCancelled));
            activity.SetStatus(ActivityStatusCode.Error);
        }

        // stopping sets the current activity of this thread, which is not the caller's
        Activity? current = Activity.Current;
        activity.Stop();
        Activity.Current = current;
    }

    private static string CodeName(ZkErrorCode code, bool isCancelled) =>
        isCancelled ? "Cancelled" : code == ZkErrorCode.Ok ? nameof(ZkErrorCode.Ok) : code.ToString();

    private static IEnumerable<Measurement<int>> Requests()
    {
        int queued = 0, inFlight = 0;
        foreach (ZkSession session in _sessions.Keys)
        {
            (int waiting, int sent) = session.CountRequests();
            queued += waiting;
            inFlight += sent;
        }

        return [new(queued, new KeyValuePair<string, object?>("state", "queued")),
            new(inFlight, new KeyValuePair<string, object?>("state", "in_flight"))];
    }

    private static IEnumerable<Measurement<int>> Sessions() =>
        _sessions.Keys.GroupBy(static session => session.State)
            .Select(static group => new Measurement<int>(group.Count(), new KeyValuePair<string, object?>("state", group.Key.ToString())));
}
