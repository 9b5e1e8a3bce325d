namespace ZkArrow.Ipc;

/// <summary>Where the bytes of one Arrow IPC file go, strictly one after the other.</summary>
internal unsafe interface IIpcSink
{
    /// <summary>Appends <paramref name="length"/> bytes; they are free for reuse when the call returns.</summary>
    void Write(byte* data, long length);

    /// <summary>Appends <paramref name="length"/> zero bytes.</summary>
    void Zeros(long length);
}
