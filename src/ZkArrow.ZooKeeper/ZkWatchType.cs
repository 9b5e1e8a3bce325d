namespace ZkArrow.ZooKeeper;

/// <summary>Which one-shot watches of a node. The values are the protocol's.</summary>
public enum ZkWatchType
{
    /// <summary>Those set when its children were listed.</summary>
    Children = 1,
    /// <summary>Those set when its data was read or its existence asked for.</summary>
    Data = 2,
    /// <summary>Both.</summary>
    Any = 3,
}
