using System.Security.Cryptography.X509Certificates;

namespace ZkArrow.ZooKeeper.Tests.Security;

/// <summary>The certificates of this run of the tests: good ones, and every kind of bad one.</summary>
internal static class Certificates
{
    public static CertificateAuthority Authority { get; } = new("ZkArrow test authority");
    public static CertificateAuthority Stranger { get; } = new("Unknown test authority");
    public static X509Certificate2 Ann { get; } = Authority.Issue("ann");
    public static X509Certificate2 Good { get; } = Authority.Issue("server", "localhost", "127.0.0.1");
    public static X509Certificate2 Expired { get; } = Authority.IssueExpired("expired", "localhost", "127.0.0.1");
    public static X509Certificate2 Elsewhere { get; } = Authority.Issue("elsewhere", "elsewhere.example");
    public static X509Certificate2 Strange { get; } = Stranger.Issue("strange", "localhost", "127.0.0.1");
    public static X509Certificate2 ForClients { get; } = Authority.Issue("not-a-server");
}
