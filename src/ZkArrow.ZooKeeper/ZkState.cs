namespace ZkArrow.ZooKeeper;

/// <summary>The state of a client's session, as far as the client can know it.</summary>
public enum ZkState
{
    /// <summary>The first session is being made.</summary>
    Connecting,
    /// <summary>A server answers and the session is alive.</summary>
    Connected,
    /// <summary>The connection broke. The session may still live: do nothing unsafe until it is back.</summary>
    Suspended,
    /// <summary>The session is gone with its ephemerals; the client makes a new one by itself.</summary>
    Lost,
    /// <summary>The client was closed. Final.</summary>
    Closed,
    /// <summary>The server refused the credentials. Final.</summary>
    AuthFailed,
    /// <summary>A server without a quorum answers reads; see <see cref="ZkClientOptions.CanBeReadOnly"/>.</summary>
    ConnectedReadOnly,
}

/// <summary>One change of <see cref="ZkClient.State"/>.</summary>
/// <param name="Previous">The state before.</param>
/// <param name="Current">The state now.</param>
/// <param name="SessionId">The session the change is about (for <see cref="ZkState.Lost"/> the one that was lost).</param>
public readonly record struct ZkStateChange(ZkState Previous, ZkState Current, long SessionId);
