namespace ZkArrow.ZooKeeper.Protocol;

/// <summary>The first packet of a connection. It has no header.</summary>
internal readonly record struct ConnectRequest(long LastZxid, int TimeoutMs, long SessionId, byte[] Password, bool ReadOnly = false)
{
    public Packet Encode()
    {
        JuteWriter writer = new(1024);
        writer.WriteInt(0);
        writer.WriteLong(LastZxid);
        writer.WriteInt(TimeoutMs);
        writer.WriteLong(SessionId);
        writer.WriteBuffer(Password);
        writer.WriteBool(ReadOnly);
        return writer.Finish();
    }
}

/// <summary>The answer to it. A timeout of 0 means that the session is gone.</summary>
internal readonly record struct ConnectResponse(int TimeoutMs, long SessionId, byte[] Password, bool ReadOnly)
{
    public bool IsExpired => TimeoutMs <= 0;

    public static ConnectResponse Read(ReadOnlySpan<byte> packet)
    {
        JuteReader reader = new(packet);
        reader.ReadInt();
        int timeout = reader.ReadInt();
        long session = reader.ReadLong();
        byte[] password = reader.ReadBuffer().ToArray();
        // servers before 3.4 leave the last byte out
        bool readOnly = reader.Remaining > 0 && reader.ReadBool();
        return new ConnectResponse(timeout, session, password, readOnly);
    }
}
