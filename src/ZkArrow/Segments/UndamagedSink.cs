using ZkArrow.Ipc;

namespace ZkArrow.Segments;

/// <summary>
/// Hands on what is written and refuses it when it came from a mapping that lost bytes: a table that was read from a truncated
/// segment must not be published again with zeros in it. Asked after the copy, because the copy itself may meet the loss.
/// </summary>
internal sealed unsafe class UndamagedSink(IIpcSink sink) : IIpcSink
{
    public void Write(byte* data, long count)
    {
        sink.Write(data, count);
        if (SegmentGuard.IsPoisoned(data))
            throw new ZkArrowException(
                ZkArrowStatus.Corrupt,
                "the table to be published lies in a segment that was truncated by another process; nothing was published: make the table anew from its source");
    }

    public void Zeros(long count) => sink.Zeros(count);
}
