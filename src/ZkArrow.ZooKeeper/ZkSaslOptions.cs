namespace ZkArrow.ZooKeeper;

/// <summary>How the client proves who it is with SASL, on every connection and before anything else is sent.</summary>
public sealed record ZkSaslOptions
{
    private ZkSaslOptions(string user, string password) => (User, Password) = (user, password);

    internal string User { get; }

    internal string Password { get; }

    /// <summary>
    /// A user name and password for DIGEST-MD5, which the servers' DigestLoginModule speaks. It hides the password
    /// from who listens and nothing else: use it inside TLS. Servers since 3.9 speak it only with
    /// <c>fips-mode=false</c>.
    /// </summary>
    public static ZkSaslOptions DigestMd5(string user, string password)
    {
        ArgumentException.ThrowIfNullOrEmpty(user);
        ArgumentNullException.ThrowIfNull(password);
        return new ZkSaslOptions(user, password);
    }

    /// <summary>Never prints the secret.</summary>
    public override string ToString() => $"ZkSaslOptions {{ User = {User} }}";
}
