namespace ZkArrow.ZooKeeper.Protocol;

/// <summary>What every reply and notification starts with.</summary>
internal readonly record struct ReplyHeader(int Xid, long Zxid, ZkErrorCode Error)
{
    public static ReplyHeader Read(ref JuteReader reader) =>
        new(reader.ReadInt(), reader.ReadLong(), (ZkErrorCode)reader.ReadInt());
}
