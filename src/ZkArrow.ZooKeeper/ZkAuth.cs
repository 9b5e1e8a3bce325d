using System.Text;

namespace ZkArrow.ZooKeeper;

/// <summary>Credentials that are presented on every connection before anything else is sent.</summary>
/// <param name="Scheme">The scheme, for example <c>digest</c>.</param>
/// <param name="Credentials">The bytes the scheme asks for.</param>
public sealed record ZkAuth(string Scheme, ReadOnlyMemory<byte> Credentials)
{
    /// <summary>A user name and password for the <c>digest</c> scheme.</summary>
    public static ZkAuth Digest(string user, string password) =>
        new("digest", Encoding.UTF8.GetBytes($"{user}:{password}"));

    /// <summary>Never prints the secret.</summary>
    public override string ToString() => $"ZkAuth {{ Scheme = {Scheme} }}";
}
