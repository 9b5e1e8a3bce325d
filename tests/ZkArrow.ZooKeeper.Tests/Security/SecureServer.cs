using ZkArrow.Testing;
using static ZkArrow.ZooKeeper.Tests.Security.Certificates;

namespace ZkArrow.ZooKeeper.Tests.Security;

/// <summary>One server with mutual TLS on one port, and SASL on both. Nobody has to use SASL.</summary>
[SetUpFixture]
public sealed class SecureServer
{
    public const string Password = "h=\u00fc, s\u20acc"; // nothing that could be taken for the protocol's own signs
    public const string LatinPassword = "gr\u00fc\u00df";

    public static ZooKeeperServer Instance { get; private set; } = null!;
    public static string PlainConnectString => $"127.0.0.1:{Instance.Port}";
    public static string SecureConnectString => $"localhost:{Instance.SecurePort}";

    public static ServerSecurity Demands { get; } = new()
    {
        KeyStore = CertificateAuthority.PemOf(Good),
        TrustStore = Authority.Pem,
        SaslUsers = new Dictionary<string, string> { ["ann"] = Password, ["ben"] = LatinPassword },
    };

    [OneTimeSetUp]
    public async Task StartAsync() => Instance = await ZooKeeperServer.StartAsync(Demands);

    [OneTimeTearDown]
    public async Task StopAsync() => await Instance.DisposeAsync();

    public static async Task<ZkClient> ConnectAsync(ZkClientOptions options)
    {
        using CancellationTokenSource bound = new(TimeSpan.FromSeconds(30));
        return await ZkClient.ConnectAsync(options, bound.Token);
    }

    public static ZkClientOptions With(ZkTlsOptions tls) => new() { ConnectString = SecureConnectString, Tls = tls };
}
