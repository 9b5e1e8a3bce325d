using ZkArrow.ZooKeeper.Protocol;
using ZkArrow.ZooKeeper.Session;

namespace ZkArrow.ZooKeeper;

/// <summary>The requests that both a throwing and a non-throwing method send.</summary>
public sealed partial class ZkClient
{
    private Request<ZkCreated> NewCreate(
        string path, ReadOnlyMemory<byte> data, ZkCreateMode mode, IReadOnlyList<ZkAcl>? acl, TimeSpan? ttl)
    {
        Requests.ValidateCreate(path, mode, ttl);
        JuteWriter writer = Start(Requests.CreateOp(mode));
        Requests.WriteCreate(ref writer, ToServer(path), data.Span, mode, acl ?? _session.Options.DefaultAcl, ttl);
        return New("Create", path, isWrite: true, writer, Replies.Created);
    }

    private Request<bool> NewDelete(string path, int version)
    {
        ZkPath.Validate(path);
        JuteWriter writer = Start(OpCode.Delete);
        WritePath(ref writer, path);
        writer.WriteInt(version);
        return New("Delete", path, isWrite: true, writer, Replies.Nothing);
    }

    private Request<ZkSet> NewSetData(string path, ReadOnlyMemory<byte> data, int version)
    {
        ZkPath.Validate(path);
        JuteWriter writer = Start(OpCode.SetData);
        WritePath(ref writer, path);
        writer.WriteBuffer(data.Span);
        writer.WriteInt(version);
        return New("SetData", path, isWrite: true, writer, Replies.Set);
    }

    private Request<ZkMultiResult> NewMulti(IReadOnlyList<ZkOp> ops)
    {
        ArgumentNullException.ThrowIfNull(ops);
        if (ops.Count == 0)
            throw new ArgumentException("A multi without operations was refused; give at least one.", nameof(ops));
        JuteWriter writer = Start(OpCode.Multi);
        for (int i = 0; i < ops.Count; i++)
            WriteOp(ref writer, ops[i]);
        Requests.WriteMultiHeader(ref writer, default, done: true);
        Request<ZkMultiResult> request = New("Multi", null, isWrite: true, writer, Replies.Multi(ops));
        request.AnswersInBody = true;
        return request;
    }

    private void WriteOp(ref JuteWriter writer, ZkOp op)
    {
        // ZkOp has checked the path
        switch (op.Kind)
        {
            case ZkOpKind.Create:
                Requests.WriteMultiHeader(ref writer, Requests.CreateOp(op.Mode), done: false);
                Requests.WriteCreate(
                    ref writer, ToServer(op.Path), op.Data.Span, op.Mode, op.Acl ?? _session.Options.DefaultAcl, op.Ttl);
                return;
            case ZkOpKind.SetData:
                Requests.WriteMultiHeader(ref writer, OpCode.SetData, done: false);
                WritePath(ref writer, op.Path);
                writer.WriteBuffer(op.Data.Span);
                break;
            case ZkOpKind.Delete:
                Requests.WriteMultiHeader(ref writer, OpCode.Delete, done: false);
                WritePath(ref writer, op.Path);
                break;
            case ZkOpKind.Check:
                Requests.WriteMultiHeader(ref writer, OpCode.Check, done: false);
                WritePath(ref writer, op.Path);
                break;
        }

        writer.WriteInt(op.Version);
    }
}
