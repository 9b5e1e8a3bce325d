namespace ZkArrow.ZooKeeper;

/// <summary>What an access list entry allows.</summary>
[Flags]
public enum ZkPermissions
{
    /// <summary>Nothing.</summary>
    None = 0,
    /// <summary>Read the data and list the children.</summary>
    Read = 1,
    /// <summary>Set the data.</summary>
    Write = 2,
    /// <summary>Create children.</summary>
    Create = 4,
    /// <summary>Delete children.</summary>
    Delete = 8,
    /// <summary>Set the access list.</summary>
    Admin = 16,
    /// <summary>Everything.</summary>
    All = 31,
}

/// <summary>One entry of a node's access list.</summary>
/// <param name="Permissions">What is allowed.</param>
/// <param name="Scheme">
/// How the identity is proved: <c>world</c>, <c>auth</c>, <c>digest</c>, <c>ip</c>, <c>x509</c>, <c>sasl</c>.
/// </param>
/// <param name="Id">The identity within the scheme.</param>
public readonly record struct ZkAcl(ZkPermissions Permissions, string Scheme, string Id)
{
    /// <summary>Anyone may do anything.</summary>
    public static IReadOnlyList<ZkAcl> Open { get; } = [new(ZkPermissions.All, "world", "anyone")];

    /// <summary>Anyone may read, nobody may change.</summary>
    public static IReadOnlyList<ZkAcl> ReadOnly { get; } = [new(ZkPermissions.Read, "world", "anyone")];

    /// <summary>The identities this session has proved may do anything; nobody else may.</summary>
    public static IReadOnlyList<ZkAcl> Creator { get; } = [new(ZkPermissions.All, "auth", "")];
}
