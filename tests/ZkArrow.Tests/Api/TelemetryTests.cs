using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using NUnit.Framework;
using ZkArrow.Tests.Datasets;

namespace ZkArrow.Tests.Api;

/// <summary>What ZkArrow tells meters and tracers.</summary>
[NonParallelizable]
public sealed class TelemetryTests : DatasetFixture
{
    [Test]
    public async Task A_meter_listener_sees_durations_bytes_pins_and_sessions()
    {
        ConcurrentBag<(string Instrument, string? Unit, double Value, string Tags)> seen = [];
        using MeterListener listener = new();
        listener.InstrumentPublished = static (instrument, listener) =>
        {
            if (instrument.Meter.Name == ZkArrowTelemetry.Name)
                listener.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<double>((i, value, tags, _) => seen.Add((i.Name, i.Unit, value, Join(tags))));
        listener.SetMeasurementEventCallback<long>((i, value, tags, _) => seen.Add((i.Name, i.Unit, value, Join(tags))));
        listener.SetMeasurementEventCallback<int>((i, value, tags, _) => seen.Add((i.Name, i.Unit, value, Join(tags))));
        listener.Start();

        ZkArrowClient client = await ConnectAsync();
        await client.PublishAsync("secret/name", Int64(0, 100_000));
        await client.AppendAsync("secret/name", Int64(0, 1));
        Assert.That(await StatusOf(() => client.PublishAsync("secret/name", Int64(0, 1), new PublishOptions { ExpectedVersion = 9 }).AsTask()), Is.EqualTo(ZkArrowStatus.Conflict));
        Assert.That(
            seen.Where(static s => s.Instrument == ZkArrowTelemetry.PublishDuration).Select(static s => (s.Unit, s.Tags)),
            Is.EquivalentTo(((string?, string)[])
            [
                ("s", "zkarrow.operation=Publish"),
                ("s", "zkarrow.operation=Append"),
                ("s", "zkarrow.operation=Publish error.type=Conflict"),
            ]));
        Assert.That(seen.Select(static s => s.Value), Has.All.GreaterThan(0));

        seen.Clear();
        using (ZkArrowTable table = await client.ReadAsync("secret/name"))
            listener.RecordObservableInstruments();
        (_, string? unit, double bytes, _) = seen.Single(static s => s.Instrument == ZkArrowTelemetry.BytesExported);
        Assert.That((unit, bytes >= 800_000), Is.EqualTo(("By", true)));
        (_, unit, double pins, _) = seen.Single(static s => s.Instrument == ZkArrowTelemetry.Pins);
        Assert.That((unit, pins > 0), Is.EqualTo(("{pin}", true)));
        Assert.That(seen, Does.Contain((ZkArrowTelemetry.SessionState, "{session}", 1.0, "state=Connected")));
        Assert.That(seen.Select(static s => s.Tags), Has.None.Contains("secret"));

        seen.Clear();
        await CloseClientsAsync();
        listener.RecordObservableInstruments();
        Assert.That(seen.Where(static s => s.Instrument == ZkArrowTelemetry.SessionState), Is.Empty);
    }

    [Test]
    public async Task An_activity_listener_sees_a_span_per_call_between_the_callers_and_the_coordinators()
    {
        ConcurrentQueue<Activity> ended = new();
        using ActivitySource ours = new("ZkArrow.Tests");
        using ActivityListener listener = new()
        {
            ShouldListenTo = static source => source.Name is ZkArrowTelemetry.Name or "ZkArrow.Tests" or ZooKeeper.ZkTelemetry.Name,
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = ended.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        ZkArrowClient client = await ConnectAsync();

        using (Activity outer = ours.StartActivity("outer")!)
        {
            await client.PublishAsync("secret/name", Int64(0, 1));
            Assert.That(Activity.Current, Is.SameAs(outer), "the caller's stays current");
            Assert.That(await StatusOf(() => client.StatAsync("secret/none").AsTask()), Is.EqualTo(ZkArrowStatus.NotFound));

            Activity publish = ended.Single(static a => a is { Source.Name: ZkArrowTelemetry.Name, OperationName: "Publish" });
            Assert.That((publish.Kind, publish.Parent, publish.Status), Is.EqualTo((ActivityKind.Client, outer, ActivityStatusCode.Unset)));
            Assert.That(publish.GetTagItem("server.address"), Is.EqualTo(Server.ConnectString));
            Assert.That(ended.Where(a => a.ParentSpanId == publish.SpanId).Select(static a => a.OperationName), Does.Contain("Multi"), "its commit is below it");

            Activity stat = ended.Single(static a => a is { Source.Name: ZkArrowTelemetry.Name, OperationName: "Stat" });
            Assert.That((stat.GetTagItem("error.type"), stat.Status), Is.EqualTo(("NotFound", ActivityStatusCode.Error)));
        }

        Assert.That(
            ended.Where(static a => a.Source.Name == ZkArrowTelemetry.Name).SelectMany(static a => a.TagObjects).Select(static t => t.Value?.ToString()),
            Has.None.Contains("secret"));
    }

    private static string Join(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        List<string> pairs = [];
        foreach ((string key, object? value) in tags)
            pairs.Add($"{key}={value}");
        return string.Join(' ', pairs);
    }
}
