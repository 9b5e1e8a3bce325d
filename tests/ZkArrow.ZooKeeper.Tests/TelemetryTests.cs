using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using ZkArrow.Testing;
using static ZkArrow.ZooKeeper.Tests.SharedServer;

namespace ZkArrow.ZooKeeper.Tests;

[CancelAfter(60_000)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class TelemetryTests
{
    private ChaosProxy _proxy = null!;
    private ZkClient _client = null!;

    [SetUp]
    public async Task ConnectAsync()
    {
        _proxy = RunSecurity.Proxy(Instance);
        _client = await SharedServer.ConnectAsync(_proxy.ConnectString + await NewChrootAsync());
    }

    [TearDown]
    public async Task CloseAsync()
    {
        await _client.DisposeAsync();
        await _proxy.DisposeAsync();
    }

    [Test]
    public async Task A_meter_listener_sees_durations_reconnects_requests_and_sessions()
    {
        ConcurrentBag<(string Instrument, double Value, string Tags)> seen = [];
        using MeterListener listener = new();
        listener.InstrumentPublished = static (instrument, listener) =>
        {
            if (instrument.Meter.Name == ZkTelemetry.Name)
                listener.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => seen.Add((instrument.Name, value, Join(tags))));
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => seen.Add((instrument.Name, value, Join(tags))));
        listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => seen.Add((instrument.Name, value, Join(tags))));
        listener.Start();

        await _client.CreateAsync("/x", default);
        await _client.TryGetDataAsync("/none");
        (string _, double seconds, string _) = seen.Single(static s => s.Tags == "operation=Create code=Ok");
        Assert.That(seconds, Is.GreaterThan(0).And.LessThan(60));
        Assert.That(seen.Count(static s => s.Tags == "operation=GetData code=NoNode"), Is.EqualTo(1));

        _proxy.HoldReplies();
        Task<ZkData> read = _client.GetDataAsync("/x").AsTask();
        await Eventually.TrueAsync(() => _client.Session.CountRequests().InFlight == 1, "the request was sent");
        seen.Clear();
        listener.RecordObservableInstruments();
        Assert.That(seen, Does.Contain((ZkTelemetry.Requests, 1.0, "state=in_flight")));
        Assert.That(seen, Does.Contain((ZkTelemetry.Requests, 0.0, "state=queued")));
        Assert.That(seen, Does.Contain((ZkTelemetry.Sessions, 1.0, "state=Connected")));

        _proxy.Cut();
        _proxy.ReleaseReplies();
        Assert.That(async () => await read, Throws.InstanceOf<ZkConnectionLossException>());
        await _client.SyncAsync("/");
        Assert.That(seen.Count(static s => s.Instrument == ZkTelemetry.Reconnects && s.Value == 1.0), Is.EqualTo(1));
        await _client.DisposeAsync();
        seen.Clear();
        listener.RecordObservableInstruments();
        Assert.That(seen.Where(static s => s.Instrument == ZkTelemetry.Sessions), Is.Empty);
    }

    [Test]
    public async Task An_activity_listener_sees_a_client_span_per_call_below_the_callers_and_the_callers_stays_current()
    {
        ConcurrentQueue<Activity> ended = new();
        using ActivitySource ours = new("TelemetryTests");
        using ActivityListener listener = new()
        {
            ShouldListenTo = static source => source.Name is ZkTelemetry.Name or "TelemetryTests",
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = activity =>
            {
                if (activity.Source.Name == ZkTelemetry.Name)
                    ended.Enqueue(activity);
            },
        };
        ActivitySource.AddActivityListener(listener);
        using Activity caller = ours.StartActivity("caller")!;
        ValueTask<ZkCreated> creating = _client.CreateAsync("/x", default);
        Assert.That(Activity.Current, Is.SameAs(caller));
        await creating;
        Assert.That(Activity.Current, Is.SameAs(caller));
        await _client.TryDeleteAsync("/none");

        Activity[] spans = [.. ended];
        Assert.That(spans.Select(static s => s.OperationName), Is.EqualTo(new[] { "Create", "Delete" }));
        Assert.That(spans.Select(static s => s.Kind), Is.All.EqualTo(ActivityKind.Client));
        Assert.That(spans.Select(static s => s.ParentSpanId), Is.All.EqualTo(caller.SpanId));
        Assert.That(spans[0].GetTagItem("zookeeper.path"), Is.EqualTo("/x"));
        Assert.That(spans[0].GetTagItem("db.system.name"), Is.EqualTo("zookeeper"));
        Assert.That(spans[0].GetTagItem("zookeeper.session_id"), Is.EqualTo($"0x{_client.SessionId:x}"));
        Assert.That(spans[0].Status, Is.EqualTo(ActivityStatusCode.Unset));
        Assert.That((spans[1].Status, spans[1].GetTagItem("error.type")), Is.EqualTo((ActivityStatusCode.Error, (object)"NoNode")));
    }

    private static string Join(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        List<string> all = [];
        foreach ((string key, object? value) in tags)
            all.Add($"{key}={value}");
        return string.Join(' ', all);
    }
}
