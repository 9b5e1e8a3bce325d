using System.Diagnostics.CodeAnalysis;

namespace ZkArrow;

/// <summary>The names under which ZkArrow can be observed. While nobody listens it costs two checks of a field per call.</summary>
public static class ZkArrowTelemetry
{
    /// <summary>
    /// The meter and the activity source. With a listener each call that asks the coordinator makes a client span named after its
    /// method (<c>Publish</c>, <c>Read</c>, …) with the tags <c>server.address</c> (with ZooKeeper) and, when it failed,
    /// <c>error.type</c>; the spans of the ZooKeeper client stand below it. No tag names a dataset.
    /// </summary>
    public const string Name = "ZkArrow";

    /// <summary>
    /// Histogram, seconds from a call that makes a version to its result; tags <c>zkarrow.operation</c> (<c>Publish</c>,
    /// <c>Append</c>, or <c>Commit</c> of a transaction) and, when it failed, <c>error.type</c>, the name of its <see cref="ZkArrowStatus"/>.
    /// </summary>
    public const string PublishDuration = "zkarrow.publish.duration";

    /// <summary>Bytes of the segments mapped into this process, for the tables, streams and arrays that it handed out, and for loans.</summary>
    public const string BytesExported = "zkarrow.bytes.exported";

    /// <summary>Segments that this process keeps from being removed.</summary>
    public const string Pins = "zkarrow.pins";

    /// <summary>Open clients; tag <c>state</c>: the name of their <see cref="ClientState"/>.</summary>
    public const string SessionState = "zkarrow.session.state";

    /// <summary>Not in <see cref="Telemetry"/>, whose static members a program built without them would then keep.</summary>
    [FeatureSwitchDefinition("ZkArrow.Telemetry.IsSupported")]
    internal static bool IsSupported { get; } = !AppContext.TryGetSwitch("ZkArrow.Telemetry.IsSupported", out bool isOn) || isOn;
}
