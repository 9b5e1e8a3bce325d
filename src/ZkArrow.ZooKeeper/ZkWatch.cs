namespace ZkArrow.ZooKeeper;

/// <summary>What a watch that stays armed covers. The values are the protocol's.</summary>
public enum ZkWatchMode
{
    /// <summary>The node itself and the list of its children.</summary>
    Persistent = 0,
    /// <summary>The node and everything below it; child-list events are not delivered.</summary>
    PersistentRecursive = 1,
}

/// <summary>What happened to a watched node.</summary>
public enum ZkEventType
{
    /// <summary>
    /// The session was lost, or the client was closed. A one-shot watch is gone; a persistent one is armed again in
    /// the next session, if there is one.
    /// </summary>
    Lost = -2,
    /// <summary>Events may have been missed: read again what the watch covers.</summary>
    Resync = -1,
    /// <summary>The node was created.</summary>
    NodeCreated = 1,
    /// <summary>The node was deleted.</summary>
    NodeDeleted = 2,
    /// <summary>The node's data was set.</summary>
    NodeDataChanged = 3,
    /// <summary>A child was created or deleted.</summary>
    NodeChildrenChanged = 4,
}

/// <summary>One notification of a watch.</summary>
/// <param name="Type">What happened.</param>
/// <param name="Path">The node it happened to, without the chroot; for <see cref="ZkEventType.Resync"/> and
/// <see cref="ZkEventType.Lost"/> the path that is watched.</param>
/// <param name="Zxid">The transaction that did it, or -1 when the server did not say (before 3.9).</param>
public readonly record struct ZkWatchEvent(ZkEventType Type, string Path, long Zxid);
