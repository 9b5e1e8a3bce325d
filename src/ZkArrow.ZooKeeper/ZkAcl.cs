using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

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

    /// <summary>Who knows this user's password, as with <see cref="ZkAuth.Digest"/>; the list holds only its hash.</summary>
    [SuppressMessage("Security", "CA5350", Justification = "The servers prescribe SHA-1.")]
    public static ZkAcl Digest(string user, string password, ZkPermissions permissions = ZkPermissions.All) =>
        new(permissions, "digest",
            $"{user}:{Convert.ToBase64String(SHA1.HashData(Encoding.UTF8.GetBytes($"{user}:{password}")))}");

    /// <summary>Who has proved with SASL to be this user, as with <see cref="ZkSaslOptions"/>.</summary>
    public static ZkAcl Sasl(string user, ZkPermissions permissions = ZkPermissions.All) => new(permissions, "sasl", user);

    /// <summary>Who connects from this address or network: <c>10.1.2.3</c> or <c>10.1.0.0/16</c>.</summary>
    public static ZkAcl Ip(string network, ZkPermissions permissions = ZkPermissions.All) => new(permissions, "ip", network);

    /// <summary>Never prints the hash of a password, from which a weak one could be guessed.</summary>
    public override string ToString()
    {
        string id = Scheme == "digest" && Id.IndexOf(':', StringComparison.Ordinal) is >= 0 and int colon ? Id[..colon] : Id;
        return $"ZkAcl {{ Permissions = {Permissions}, Scheme = {Scheme}, Id = {id} }}";
    }
}
