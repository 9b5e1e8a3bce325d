namespace ZkArrow.ZooKeeper;

/// <summary>The names under which the client can be observed.</summary>
public static class ZkTelemetry
{
    /// <summary>
    /// The meter and the activity source. With a listener each call makes a client span named after its operation
    /// (<c>GetData</c>, <c>Multi</c>, …) with the tags <c>db.system.name</c>, <c>db.operation.name</c>,
    /// <c>zookeeper.path</c>, <c>zookeeper.session_id</c> and, when it failed, <c>error.type</c>.
    /// </summary>
    public const string Name = "ZkArrow.ZooKeeper";

    /// <summary>Histogram, seconds from call to result; tags <c>operation</c> and <c>code</c>.</summary>
    public const string OperationDuration = "zookeeper.client.operation.duration";

    /// <summary>Requests under way in all clients; tag <c>state</c>: <c>queued</c> or <c>in_flight</c>.</summary>
    public const string Requests = "zookeeper.client.requests";

    /// <summary>Counter of connections that were made anew.</summary>
    public const string Reconnects = "zookeeper.client.reconnects";

    /// <summary>Open clients; tag <c>state</c>: the name of their <see cref="ZkState"/>.</summary>
    public const string Sessions = "zookeeper.client.sessions";
}
