namespace ZkArrow.ZooKeeper;

/// <summary>The error codes of the ZooKeeper protocol, and the few that only a client makes.</summary>
public enum ZkErrorCode
{
    /// <summary>No error.</summary>
    Ok = 0,
    /// <summary>The server failed in a way it has no code for.</summary>
    SystemError = -1,
    /// <summary>In a multi: this operation was not tried because an earlier one failed.</summary>
    RuntimeInconsistency = -2,
    /// <summary>The server found its data inconsistent.</summary>
    DataInconsistency = -3,
    /// <summary>The connection broke before the reply came (made by the client).</summary>
    ConnectionLoss = -4,
    /// <summary>A packet could not be encoded or decoded.</summary>
    MarshallingError = -5,
    /// <summary>The server does not know this operation.</summary>
    Unimplemented = -6,
    /// <summary>The operation took too long (made by the client).</summary>
    OperationTimeout = -7,
    /// <summary>The arguments were refused.</summary>
    BadArguments = -8,
    /// <summary>The server does not know the session.</summary>
    UnknownSession = -12,
    /// <summary>The new configuration has no quorum in touch.</summary>
    NewConfigNoQuorum = -13,
    /// <summary>Another reconfiguration is under way.</summary>
    ReconfigInProgress = -14,
    /// <summary>The node does not exist.</summary>
    NoNode = -101,
    /// <summary>The access list forbids the operation.</summary>
    NoAuth = -102,
    /// <summary>The node has another version than the expected one.</summary>
    BadVersion = -103,
    /// <summary>Ephemeral nodes cannot have children.</summary>
    NoChildrenForEphemerals = -108,
    /// <summary>The node exists already.</summary>
    NodeExists = -110,
    /// <summary>The node has children.</summary>
    NotEmpty = -111,
    /// <summary>The session expired.</summary>
    SessionExpired = -112,
    /// <summary>The callback was invalid.</summary>
    InvalidCallback = -113,
    /// <summary>The access list was invalid.</summary>
    InvalidAcl = -114,
    /// <summary>The server refused the credentials.</summary>
    AuthFailed = -115,
    /// <summary>The client was closed (made by the client).</summary>
    Closing = -116,
    /// <summary>The session moved to another server before the request arrived; it was not executed.</summary>
    SessionMoved = -118,
    /// <summary>A write reached a read-only server.</summary>
    NotReadOnly = -119,
    /// <summary>Ephemeral nodes cannot be made on a local session.</summary>
    EphemeralOnLocalSession = -120,
    /// <summary>There was no such watch.</summary>
    NoWatcher = -121,
    /// <summary>The request was not answered in time.</summary>
    RequestTimeout = -122,
    /// <summary>Reconfiguration is disabled on the server.</summary>
    ReconfigDisabled = -123,
    /// <summary>The server demands SASL authentication.</summary>
    SessionClosedRequireSasl = -124,
    /// <summary>A quota was exceeded.</summary>
    QuotaExceeded = -125,
    /// <summary>The server was overloaded and did not execute the request.</summary>
    Throttled = -127,
    /// <summary>The request packet is larger than the server accepts; it was not sent (made by the client).</summary>
    PacketTooLarge = -1001,
    /// <summary>The process was forked; the connection belongs to the parent (made by the client).</summary>
    ForkedProcess = -1002,
}
