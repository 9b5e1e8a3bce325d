using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using ZkArrow.Testing;
using ZkArrow.ZooKeeper.Tests.Security;

namespace ZkArrow.ZooKeeper.Tests;

/// <summary>
/// How this run of the tests reaches its servers: plainly, or with ZKARROW_TEST_SECURITY=tls+sasl over TLS with SASL
/// DIGEST-MD5. The servers demand it then, so a test that left it out would fail.
/// </summary>
/// <remarks>
/// In every run these stay as they are, because security is not theirs to choose:
/// <list type="bullet">
/// <item>what a <see cref="ScriptedServer"/> plays: it compares plain bytes, and some tests script SASL itself;</item>
/// <item>the fixtures in the folder Security that bring their own (SecureServer, TlsFront), or expect none;</item>
/// <item><see cref="ReadmeTests"/>: its examples are those of the README word for word, on <see cref="SharedServer.Plain"/>.</item>
/// </list>
/// </remarks>
internal static class RunSecurity
{
    public const string User = "run";
    public const string OtherUser = "other";
    public const string Password = "known to the tests";
    private const string Variable = "ZKARROW_TEST_SECURITY";
    private const string TlsAndSasl = "tls+sasl";

    // a child has the file of its parent, whose authority it is
    private const string RootsVariable = "ZKARROW_TEST_ROOTS";

    public static bool IsOn { get; } = Environment.GetEnvironmentVariable(Variable) switch
    {
        null or "" => false,
        TlsAndSasl => true,
        string other => throw new InvalidOperationException($"{Variable} was '{other}'; give {TlsAndSasl} or nothing."),
    };

    /// <summary>The file with the authority that all believe; null in a plain run.</summary>
    public static string? RootsPath { get; private set; } = Environment.GetEnvironmentVariable(RootsVariable);

    /// <summary>What the servers of this run are started with.</summary>
    public static ServerSecurity Server { get; } = !IsOn ? new ServerSecurity() : new ServerSecurity
    {
        KeyStore = CertificateAuthority.PemOf(Certificates.Good),
        SaslUsers = new Dictionary<string, string> { [User] = Password, [OtherUser] = Password },
        DemandsSasl = true,
    };

    public static void WriteRoots()
    {
        if (!IsOn)
            return;
        RootsPath = Path.GetTempFileName();
        File.WriteAllText(RootsPath, Certificates.Authority.Pem);
        Environment.SetEnvironmentVariable(RootsVariable, RootsPath);
    }

    public static void DeleteRoots()
    {
        if (RootsPath is not null)
            File.Delete(RootsPath);
    }

    /// <summary>The options of a client of this run, to which a test adds its own.</summary>
    public static ZkClientOptions Options(string connectString, string user = User)
    {
        ZkClientOptions plain = new() { ConnectString = connectString };
        return IsOn
            ? plain with { Tls = new ZkTlsOptions { RootsPath = RootsPath }, Sasl = ZkSaslOptions.DigestMd5(user, Password) }
            : plain;
    }

    /// <summary>How those who are not our client shake hands with the servers.</summary>
    public static SslClientAuthenticationOptions Tls => new()
    {
        TargetHost = "localhost",
        CertificateChainPolicy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            CustomTrustStore = { Certificates.Authority.Roots[0] },
            RevocationMode = X509RevocationMode.NoCheck,
        },
    };

    /// <summary>A proxy that clients of this run can use.</summary>
    public static ChaosProxy Proxy(ZooKeeperServer server) => new(
        server.ClientPort,
        IsOn
            ? new ProxySecurity(new SslServerAuthenticationOptions { ServerCertificate = Certificates.Good }, Tls, SaslReplies: 2)
            : null);
}
