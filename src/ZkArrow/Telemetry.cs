using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using ZkArrow.Segments;

namespace ZkArrow;

/// <summary>What a call under way was measured with.</summary>
internal readonly record struct CallSpan(string? Publishes, long StartedAt, Activity? Activity);

/// <summary>What ZkArrow tells meters and tracers. A program in which nobody can listen, such as libzkarrow, is built without it.</summary>
internal static class Telemetry
{
    private static readonly Meter Meter = new(ZkArrowTelemetry.Name);
    private static readonly ActivitySource Activities = new(ZkArrowTelemetry.Name);
    private static readonly ConcurrentDictionary<ZkArrowClient, bool> Clients = new();

    private static readonly Histogram<double> Duration = Meter.CreateHistogram<double>(
        ZkArrowTelemetry.PublishDuration, "s", "Time from a call that makes a version to its result.");

    static Telemetry()
    {
        Meter.CreateObservableUpDownCounter(
            ZkArrowTelemetry.BytesExported, static () => SegmentCounters.MappedBytes, "By", "Bytes of the segments mapped into this process.");
        Meter.CreateObservableUpDownCounter(
            ZkArrowTelemetry.Pins, static () => SegmentCounters.OpenPins, "{pin}", "Segments that this process keeps from being removed.");
        Meter.CreateObservableUpDownCounter(ZkArrowTelemetry.SessionState, Sessions, "{session}", "Open clients by the state of their session.");
    }

    public static void Opened(ZkArrowClient client) => Clients.TryAdd(client, true);

    public static void Closed(ZkArrowClient client) => Clients.TryRemove(client, out _);

    /// <summary>Starts the span of a call, and its clock.</summary>
    /// <param name="method">The public method: <c>PublishAsync</c>.</param>
    /// <param name="servers">Those of the client; empty for the embedded coordinator.</param>
    public static CallSpan Started(string method, string servers)
    {
        if (!Duration.Enabled && !Activities.HasListeners())
            return default;
        string? publishes = method switch
        {
            "PublishAsync" => "Publish",
            "AppendAsync" => "Append",
            "CommitAsync" => "Commit",
            _ => null,
        };
        Activity? activity = Activities.HasListeners() ? Activities.StartActivity(method[..^"Async".Length], ActivityKind.Client) : null;
        if (servers.Length > 0)
            activity?.SetTag("server.address", servers);
        return new CallSpan(publishes, Stopwatch.GetTimestamp(), activity);
    }

    /// <summary>Called once, before the result of a call is given away.</summary>
    public static void Ended(in CallSpan span, Exception? error)
    {
        if (span.StartedAt == 0)
            return;
        string? kind = error switch
        {
            null => null,
            ZkArrowException e => e.Status.ToString(),
            OperationCanceledException => nameof(ZkArrowStatus.Cancelled),
            _ => error.GetType().Name,
        };
        if (span.Publishes != null && Duration.Enabled)
        {
            TagList tags = new() { { "zkarrow.operation", span.Publishes } };
            if (kind != null)
                tags.Add("error.type", kind);
            Duration.Record(Stopwatch.GetElapsedTime(span.StartedAt).TotalSeconds, tags);
        }

        if (span.Activity is not { } activity)
            return;
        if (kind != null)
        {
            activity.SetTag("error.type", kind);
            activity.SetStatus(ActivityStatusCode.Error);
        }

        activity.Stop();
    }

    private static IEnumerable<Measurement<int>> Sessions() =>
        Clients.Keys.GroupBy(static client => client.State)
            .Select(static group => new Measurement<int>(group.Count(), new KeyValuePair<string, object?>("state", group.Key.ToString())));
}
