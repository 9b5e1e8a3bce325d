namespace ZkArrow.ArrowC;

/// <summary>The owner of bytes that another process may take away.</summary>
internal unsafe interface ISharedBytes : IDisposable
{
    /// <summary>Lives until the owner is disposed; null when nothing can be told.</summary>
    Tripwire* Tripwire { get; }
}
