using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;
using static ZkArrow.ZooKeeper.Tests.Security.Certificates;
using static ZkArrow.ZooKeeper.Tests.Security.SecureServer;

namespace ZkArrow.ZooKeeper.Tests.Security;

/// <summary>A real server that demands certificates from its clients, and knows them by these.</summary>
[CancelAfter(60_000)]
public sealed class MutualTlsTests
{
    private const string Password = "tell-nobody";
    private readonly ZkTlsOptions _tls = new() { Roots = Authority.Roots };
    private string _folder = null!;

    [OneTimeSetUp]
    public void WriteFiles()
    {
        _folder = Directory.CreateTempSubdirectory("zkarrow-tls-").FullName;
        using ECDsa key = Ann.GetECDsaPrivateKey()!;
        string certificate = Ann.ExportCertificatePem() + "\n";
        File.WriteAllText(InFolder("roots.pem"), Stranger.Pem + Authority.Pem);
        File.WriteAllText(InFolder("both.pem"), CertificateAuthority.PemOf(Ann));
        File.WriteAllText(InFolder("certificate.pem"), certificate);
        File.WriteAllText(InFolder("key.pem"), key.ExportPkcs8PrivateKeyPem());
        File.WriteAllText(InFolder("encrypted.pem"), certificate + key.ExportEncryptedPkcs8PrivateKeyPem(
            Password, new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1000)));
        File.WriteAllBytes(InFolder("ann.pfx"), Ann.Export(X509ContentType.Pfx, Password));
        File.WriteAllText(InFolder("empty.pem"), "");
    }

    [OneTimeTearDown]
    public void DeleteFiles() => Directory.Delete(_folder, recursive: true);

    [TestCase("both.pem", null, null)]
    [TestCase("certificate.pem", "key.pem", null)]
    [TestCase("encrypted.pem", null, Password)]
    [TestCase("ann.pfx", null, Password)]
    public async Task Certificates_come_from_files(string certificate, string? key, string? password)
    {
        await using ZkClient client = await ConnectAsync(With(new ZkTlsOptions
        {
            ClientCertificatePath = InFolder(certificate),
            ClientKeyPath = key is null ? null : InFolder(key),
            ClientKeyPassword = password,
            RootsPath = InFolder("roots.pem"),
        }));
        Assert.That(await IsAnnAsync(client), Is.True);
    }

    [Test]
    public async Task Files_are_read_anew_for_every_attempt()
    {
        KeepingLogger logger = new();
        string roots = InFolder("renewed.pem");
        File.WriteAllText(roots, Stranger.Pem);
        Task<ZkClient> connecting = ConnectAsync(
            With(new ZkTlsOptions { ClientCertificate = Ann, RootsPath = roots }) with { LoggerFactory = logger });
        await logger.Entries.ContainsAsync(static e => e.Message.Contains("of an unknown authority"), "it was refused");
        File.WriteAllText(roots, "not yet written");
        await logger.Entries.ContainsAsync(static e => e.Message.Contains("renewed.pem"), "the broken file was told");
        File.WriteAllText(roots, Authority.Pem);
        await using ZkClient client = await connecting;
        Assert.That(await IsAnnAsync(client), Is.True);
    }

    [Test]
    public async Task A_node_of_one_certificate_is_closed_to_another()
    {
        await using ZkClient ann = await ConnectAsync(With(_tls with { ClientCertificate = Ann }));
        await using ZkClient ben = await ConnectAsync(With(_tls with { ClientCertificate = Authority.Issue("ben") }));
        Assert.That(await IsAnnAsync(ann), Is.True);
        Assert.That(await IsAnnAsync(ben), Is.False);
    }

    [Test]
    public async Task Many_requests_of_every_size_go_through_TLS()
    {
        await using ZkClient client = await ConnectAsync(With(_tls with { ClientCertificate = Ann }));
        await client.CreateAsync("/sizes", default);
        byte[][] sizes = [.. Enumerable.Range(0, 200).Select(static i => RandomNumberGenerator.GetBytes(i * 700))];
        await Task.WhenAll(sizes.Select((data, i) => client.CreateAsync($"/sizes/{i}", data).AsTask()));
        ZkData[] read = await Task.WhenAll(sizes.Select((_, i) => client.GetDataAsync($"/sizes/{i}").AsTask()));
        Assert.That(read.Select(static r => r.Data.ToArray()), Is.EqualTo(sizes));
    }

    [Test]
    public async Task A_server_that_refuses_the_client_is_told_and_not_final([Values] bool hasCertificate)
    {
        KeepingLogger logger = new();
        using CancellationTokenSource stop = new();
        ZkTlsOptions tls = _tls with { ClientCertificate = hasCertificate ? Stranger.Issue("ann") : null };
        Task<ZkClient> connecting = ZkClient.ConnectAsync(With(tls) with { LoggerFactory = logger }, stop.Token).AsTask();
        await logger.Entries.ContainsAsync(
            static e => e.Level == LogLevel.Warning && e.Message.Contains("refused this client, perhaps for its certificate"), "it was told");
        Assert.That(connecting.IsCompleted, Is.False);
        await stop.CancelAsync();
        ZkCanceledException? given = await Assert.ThrowsAsync<ZkCanceledException>(() => connecting);
        Assert.That(given!.Outcome, Is.EqualTo(ZkOutcome.NotDone));
    }

    [Test]
    public void Options_that_cannot_work_are_refused_at_once()
    {
        Assert.That(Refusal(_tls with { RootsPath = "x.pem" }), Does.Contain("Roots or RootsPath"));
        Assert.That(Refusal(new ZkTlsOptions { Roots = [] }), Does.Contain("Roots was empty"));
        Assert.That(Refusal(new ZkTlsOptions { RootsPath = InFolder("none.pem") }), Does.Contain("none.pem"));
        Assert.That(Refusal(new ZkTlsOptions { RootsPath = InFolder("empty.pem") }), Does.Contain("held no certificates"));
        Assert.That(Refusal(_tls with { ClientKeyPath = "x.pem" }), Does.Contain("ClientCertificatePath"));
        Assert.That(Refusal(_tls with { ClientCertificate = Ann, ClientCertificatePath = "x.pem" }), Does.Contain("twice"));
        Assert.That(
            Refusal(_tls with { ClientCertificate = X509Certificate2.CreateFromPem(Ann.ExportCertificatePem()) }),
            Does.Contain("no private key"));
        string wrong = Refusal(_tls with { ClientCertificatePath = InFolder("ann.pfx"), ClientKeyPassword = "wrong-one" });
        Assert.That(wrong, Does.Contain("A file of the TLS options could not be used").And.Contains("ann.pfx").And.Not.Contains("wrong-one"));

        static string Refusal(ZkTlsOptions tls) =>
            Assert.ThrowsAsync<ArgumentException>(async () => await ZkClient.ConnectAsync(With(tls))).GetAwaiter().GetResult()!.Message;
    }

    [Test]
    public void Secrets_are_not_printed() =>
        Assert.That(
            With(_tls with { ClientCertificatePath = "a.pfx", ClientKeyPassword = Password }).ToString(),
            Does.Contain("a.pfx").And.Not.Contains(Password));

    private string InFolder(string name) => Path.Combine(_folder, name);

    /// <summary>Whether a client can open a node that is for the certificate of Ann alone.</summary>
    private async Task<bool> IsAnnAsync(ZkClient client)
    {
        string path = $"/for-ann-{Guid.NewGuid():N}";
        await client.CreateAsync(path, default, acl: [new ZkAcl(ZkPermissions.All, "x509", "CN=ann")]);
        try
        {
            await client.GetDataAsync(path);
            return true;
        }
        catch (ZkNoAuthException)
        {
            return false;
        }
    }
}
