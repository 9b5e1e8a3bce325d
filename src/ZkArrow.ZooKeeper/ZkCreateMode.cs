namespace ZkArrow.ZooKeeper;

/// <summary>How long a created node lives and how it is named. The values are the protocol's flags.</summary>
public enum ZkCreateMode
{
    /// <summary>Stays until it is deleted.</summary>
    Persistent = 0,
    /// <summary>Goes with the session that created it.</summary>
    Ephemeral = 1,
    /// <summary>Persistent; the server appends a ten-digit counter to the name.</summary>
    PersistentSequential = 2,
    /// <summary>Ephemeral; the server appends a ten-digit counter to the name.</summary>
    EphemeralSequential = 3,
    /// <summary>The server may delete it after its last child is gone.</summary>
    Container = 4,
    /// <summary>The server may delete it when it has no children and was not changed for its time to live.</summary>
    PersistentTtl = 5,
    /// <summary>As <see cref="PersistentTtl"/>, with a counter appended.</summary>
    PersistentSequentialTtl = 6,
}
