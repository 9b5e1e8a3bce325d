using ZkArrow.ZooKeeper.Protocol;

namespace ZkArrow.ZooKeeper;

/// <summary>One operation of a <see cref="ZkClient.MultiAsync"/>.</summary>
public sealed class ZkOp
{
    private ZkOp(ZkOpKind kind, string path)
    {
        if (kind != ZkOpKind.Create)
            ZkPath.Validate(path);
        (Kind, Path) = (kind, path);
    }

    /// <summary>The node the operation is about.</summary>
    public string Path { get; }

    internal ZkOpKind Kind { get; }
    internal ReadOnlyMemory<byte> Data { get; private init; }
    internal int Version { get; private init; }
    internal ZkCreateMode Mode { get; private init; }
    internal IReadOnlyList<ZkAcl>? Acl { get; private init; }
    internal TimeSpan? Ttl { get; private init; }

    /// <summary>Creates a node; see <see cref="ZkClient.CreateAsync"/>.</summary>
    public static ZkOp Create(
        string path, ReadOnlyMemory<byte> data, ZkCreateMode mode = ZkCreateMode.Persistent,
        IReadOnlyList<ZkAcl>? acl = null, TimeSpan? ttl = null)
    {
        Requests.ValidateCreate(path, mode, ttl);
        return new ZkOp(ZkOpKind.Create, path) { Data = data, Mode = mode, Acl = acl, Ttl = ttl };
    }

    /// <summary>Sets the data of a node if it has the expected version (-1: any).</summary>
    public static ZkOp SetData(string path, ReadOnlyMemory<byte> data, int version = -1) =>
        new(ZkOpKind.SetData, path) { Data = data, Version = version };

    /// <summary>Deletes a node if it has the expected version (-1: any).</summary>
    public static ZkOp Delete(string path, int version = -1) =>
        new(ZkOpKind.Delete, path) { Version = version };

    /// <summary>
    /// Demands that a node exists and has the expected version (-1: any). Only the data version is compared: a node
    /// that was deleted and made again starts at 0 again, so never fence on a node that others may delete.
    /// </summary>
    public static ZkOp Check(string path, int version) =>
        new(ZkOpKind.Check, path) { Version = version };
}

internal enum ZkOpKind { Create, SetData, Delete, Check }
