namespace ZkArrow.ZooKeeper.Protocol;

/// <summary>What a decoder knows besides the bytes.</summary>
internal readonly record struct ReplyContext(long Zxid, ZkErrorCode Error, string Chroot);

internal delegate T ReplyDecoder<T>(ref JuteReader reader, in ReplyContext context);

/// <summary>Reads the bodies of replies.</summary>
internal static class Replies
{
    public static ZkStat ReadStat(ref JuteReader r) => new(
        Czxid: r.ReadLong(), Mzxid: r.ReadLong(), Ctime: r.ReadLong(), Mtime: r.ReadLong(),
        Version: r.ReadInt(), Cversion: r.ReadInt(), Aversion: r.ReadInt(),
        EphemeralOwner: r.ReadLong(), DataLength: r.ReadInt(), NumChildren: r.ReadInt(), Pzxid: r.ReadLong());

    public static readonly ReplyDecoder<ZkCreated> Created = static (ref JuteReader r, in ReplyContext c) =>
    {
        string path = ZkPath.ToClient(c.Chroot, r.ReadString());
        return new ZkCreated(path, ReadStat(ref r), c.Zxid);
    };

    public static readonly ReplyDecoder<bool> Nothing = static (ref JuteReader r, in ReplyContext c) => true;

    public static readonly ReplyDecoder<long> Zxid = static (ref JuteReader r, in ReplyContext c) => c.Zxid;

    public static readonly ReplyDecoder<ZkExists> Exists = static (ref JuteReader r, in ReplyContext c) =>
        c.Error == ZkErrorCode.NoNode ? new ZkExists(null, c.Zxid) : new ZkExists(ReadStat(ref r), c.Zxid);

    public static readonly ReplyDecoder<ZkData> Data = static (ref JuteReader r, in ReplyContext c) =>
    {
        byte[] data = r.ReadBuffer().ToArray();
        return new ZkData(data, ReadStat(ref r), c.Zxid);
    };

    public static readonly ReplyDecoder<ZkSet> Set = static (ref JuteReader r, in ReplyContext c) =>
        new ZkSet(ReadStat(ref r), c.Zxid);

    public static readonly ReplyDecoder<ZkChildren> Children = static (ref JuteReader r, in ReplyContext c) =>
    {
        string[] names = new string[r.ReadCount(bytesPerItem: 4)];
        for (int i = 0; i < names.Length; i++)
            names[i] = r.ReadString();
        return new ZkChildren(names, ReadStat(ref r), c.Zxid);
    };

    public static readonly ReplyDecoder<ZkAclResult> Acl = static (ref JuteReader r, in ReplyContext c) =>
    {
        ZkAcl[] acl = new ZkAcl[r.ReadCount(bytesPerItem: 12)];
        for (int i = 0; i < acl.Length; i++)
            acl[i] = new ZkAcl((ZkPermissions)r.ReadInt(), r.ReadString(), r.ReadString());
        return new ZkAclResult(acl, ReadStat(ref r), c.Zxid);
    };

    /// <summary>Reads the results of a multi, or what its failed operation answered.</summary>
    public static ReplyDecoder<ZkMultiResult> Multi(IReadOnlyList<ZkOp> ops)
    {
        int expected = ops.Count;
        return (ref JuteReader r, in ReplyContext c) => ReadMulti(ref r, c, ops, expected);
    }

    private static ZkMultiResult ReadMulti(ref JuteReader r, in ReplyContext c, IReadOnlyList<ZkOp> ops, int expected)
    {
        ZkOpResult[] results = new ZkOpResult[expected];
        ZkErrorCode[]? codes = null;
        int count = 0;
        while (true)
        {
            int type = r.ReadInt();
            bool done = r.ReadBool();
            r.ReadInt();
            if (done)
                break;
            if (count == results.Length)
                throw new ZkProtocolException($"The server answered more than the {results.Length} operations of a multi.");
            if (type == (int)OpCode.Error)
                (codes ??= new ZkErrorCode[results.Length])[count] = (ZkErrorCode)r.ReadInt();
            else
                results[count] = ReadOpResult(ref r, (OpCode)type, c.Chroot);
            count++;
        }

        if (count < results.Length)
            throw new ZkProtocolException($"The server answered {count} of the {results.Length} operations of a multi.");
        if (codes is null)
            return new ZkMultiResult(results, c.Zxid);
        int failed = Array.FindIndex(codes, static code => code is not (ZkErrorCode.Ok or ZkErrorCode.RuntimeInconsistency));
        if (failed < 0)
            throw new ZkProtocolException("The server failed a multi without saying which operation failed.");
        string? path = failed < ops.Count ? ops[failed].Path : null;
        return new ZkMultiResult([], c.Zxid) { Refusal = new ZkMultiException(failed, codes, path) };
    }

    private static ZkOpResult ReadOpResult(ref JuteReader r, OpCode type, string chroot)
    {
        switch (type)
        {
            case OpCode.Create:
                return new ZkOpResult(ZkPath.ToClient(chroot, r.ReadString()), null);
            case OpCode.Create2 or OpCode.CreateContainer or OpCode.CreateTtl:
                string path = ZkPath.ToClient(chroot, r.ReadString());
                return new ZkOpResult(path, ReadStat(ref r));
            case OpCode.SetData:
                return new ZkOpResult(null, ReadStat(ref r));
            case OpCode.Delete or OpCode.Check:
                return default;
            default:
                throw new ZkProtocolException($"The server answered a multi with the unknown result type {(int)type}.");
        }
    }
}
