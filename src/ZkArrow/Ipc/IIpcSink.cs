namespace ZkArrow.Ipc;

/// <summary>Where a file's bytes go, strictly one after the other.</summary>
internal unsafe interface IIpcSink
{
    /// <summary>Takes the next bytes, which are valid only during the call.</summary>
    void Write(byte* data, long length);

    /// <summary>Takes the next bytes, all of them zero.</summary>
    void Zeros(long length);
}
