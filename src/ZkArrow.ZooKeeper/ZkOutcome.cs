namespace ZkArrow.ZooKeeper;

/// <summary>What is known about the effect of an operation that failed.</summary>
public enum ZkOutcome
{
    /// <summary>The operation certainly had no effect; it is safe to send it again.</summary>
    NotDone,
    /// <summary>The operation certainly took effect, though its result could not be delivered.</summary>
    Done,
    /// <summary>Nobody knows: the request left, and no reply came. Only a conditional write can tell.</summary>
    Unknown,
}
