namespace ZkArrow.ZooKeeper.Protocol;

/// <summary>Reads the bodies of the replies that few programs ask for.</summary>
internal static class MoreReplies
{
    public static readonly ReplyDecoder<int> Number = static (ref JuteReader r, in ReplyContext c) => r.ReadInt();

    public static readonly ReplyDecoder<string[]> Paths = static (ref JuteReader r, in ReplyContext c) =>
    {
        List<string> paths = [];
        for (int left = r.ReadCount(bytesPerItem: 4); left > 0; left--)
        {
            // the server compares prefixes, not paths: /a also finds /ab
            string path = r.ReadString();
            if (c.Chroot.Length == 0 || path == c.Chroot || path.StartsWith(c.Chroot + "/", StringComparison.Ordinal))
                paths.Add(ZkPath.ToClient(c.Chroot, path));
        }

        return [.. paths];
    };

    public static readonly ReplyDecoder<ZkIdentity[]> Identities = static (ref JuteReader r, in ReplyContext c) =>
    {
        ZkIdentity[] all = new ZkIdentity[r.ReadCount(bytesPerItem: 8)];
        for (int i = 0; i < all.Length; i++)
            all[i] = new ZkIdentity(r.ReadString(), r.ReadString());
        return all;
    };

    public static ReplyDecoder<ZkMultiReadResult> MultiRead(int expected) => (ref JuteReader r, in ReplyContext c) =>
    {
        ZkReadResult[] results = new ZkReadResult[expected];
        int count = 0;
        while (true)
        {
            int type = r.ReadInt();
            bool done = r.ReadBool();
            r.ReadInt();
            if (done)
                break;
            if (count == expected)
                throw new ZkProtocolException($"The server answered more than the {expected} reads of a multi-read.");
            results[count++] = ReadResult(ref r, (OpCode)type);
        }

        return count == expected
            ? new ZkMultiReadResult(results, c.Zxid)
            : throw new ZkProtocolException($"The server answered {count} of the {expected} reads of a multi-read.");
    };

    private static ZkReadResult ReadResult(ref JuteReader r, OpCode type)
    {
        switch (type)
        {
            case OpCode.GetData:
                byte[] data = r.ReadBuffer().ToArray();
                return new ZkReadResult(ZkErrorCode.Ok, data, Replies.ReadStat(ref r), null);
            case OpCode.GetChildren:
                string[] names = new string[r.ReadCount(bytesPerItem: 4)];
                for (int i = 0; i < names.Length; i++)
                    names[i] = r.ReadString();
                return new ZkReadResult(ZkErrorCode.Ok, null, null, names);
            case OpCode.Error:
                return new ZkReadResult((ZkErrorCode)r.ReadInt(), null, null, null);
            default:
                throw new ZkProtocolException($"The server answered a multi-read with the unknown result type {(int)type}.");
        }
    }
}
