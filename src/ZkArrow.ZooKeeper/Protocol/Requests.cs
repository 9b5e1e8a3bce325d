namespace ZkArrow.ZooKeeper.Protocol;

/// <summary>Writes the bodies of requests.</summary>
internal static class Requests
{
    /// <summary>Starts a request; its xid is filled in when it is sent.</summary>
    public static JuteWriter Start(OpCode op, int limit, int xid = 0)
    {
        JuteWriter writer = new(limit);
        writer.WriteInt(xid);
        writer.WriteInt((int)op);
        return writer;
    }

    public static OpCode CreateOp(ZkCreateMode mode) => mode switch
    {
        ZkCreateMode.Container => OpCode.CreateContainer,
        ZkCreateMode.PersistentTtl or ZkCreateMode.PersistentSequentialTtl => OpCode.CreateTtl,
        _ => OpCode.Create2,
    };

    public static bool IsSequential(ZkCreateMode mode) => mode
        is ZkCreateMode.PersistentSequential or ZkCreateMode.EphemeralSequential or ZkCreateMode.PersistentSequentialTtl;

    public static void ValidateCreate(string path, ZkCreateMode mode, TimeSpan? ttl)
    {
        ZkPath.Validate(path, IsSequential(mode));
        bool needsTtl = CreateOp(mode) == OpCode.CreateTtl;
        if (needsTtl != ttl.HasValue)
        {
            throw new ArgumentException(
                needsTtl ? $"Mode {mode} was given no ttl." : $"Mode {mode} was given a ttl; use a TTL mode.", nameof(ttl));
        }

        if (ttl is { } life && life < TimeSpan.FromMilliseconds(1))
            throw new ArgumentException($"A ttl of {life} was refused; give at least 1 ms.", nameof(ttl));
    }

    public static void WriteCreate(
        ref JuteWriter writer, string path, ReadOnlySpan<byte> data, ZkCreateMode mode, IReadOnlyList<ZkAcl> acl, TimeSpan? ttl)
    {
        writer.WriteString(path);
        writer.WriteBuffer(data);
        WriteAcl(ref writer, acl);
        writer.WriteInt((int)mode);
        if (CreateOp(mode) == OpCode.CreateTtl)
            writer.WriteLong((long)ttl!.Value.TotalMilliseconds);
    }

    public static void WriteAcl(ref JuteWriter writer, IReadOnlyList<ZkAcl> acl)
    {
        writer.WriteInt(acl.Count);
        foreach (ZkAcl entry in acl)
        {
            writer.WriteInt((int)entry.Permissions);
            writer.WriteString(entry.Scheme);
            writer.WriteString(entry.Id);
        }
    }

    public static void WriteMultiHeader(ref JuteWriter writer, OpCode op, bool done)
    {
        writer.WriteInt(done ? -1 : (int)op);
        writer.WriteBool(done);
        writer.WriteInt(-1);
    }

    public static Packet Ping()
    {
        JuteWriter writer = Start(OpCode.Ping, 1024, Xid.Ping);
        return writer.Finish();
    }

    public static Packet Auth(ZkAuth auth, int limit)
    {
        JuteWriter writer = Start(OpCode.Auth, limit, Xid.Auth);
        writer.WriteInt(0);
        writer.WriteString(auth.Scheme);
        writer.WriteBuffer(auth.Credentials.Span);
        if (writer.IsTooLarge)
        {
            writer.Discard();
            throw new ZkPacketTooLargeException(null, writer.PacketLength, limit);
        }

        return writer.Finish();
    }
}
