using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace ZkArrow.ZooKeeper.Tests.Security;

/// <summary>An authority for one run of the tests. Its keys never leave the process but for the servers' folders.</summary>
internal sealed class CertificateAuthority
{
    private static readonly DateTimeOffset _now = DateTimeOffset.UtcNow;
    private readonly X509Certificate2 _own;

    public CertificateAuthority(string name)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        _own = request.CreateSelfSigned(_now.AddDays(-10), _now.AddDays(10));
    }

    public X509Certificate2Collection Roots => [_own];
    public string Pem => _own.ExportCertificatePem() + "\n";

    /// <summary>A certificate with its key; without hosts it is for a client.</summary>
    public X509Certificate2 Issue(string name, params string[] hosts) => Issue(name, _now.AddDays(-1), _now.AddDays(1), hosts);

    public X509Certificate2 IssueExpired(string name, params string[] hosts) => Issue(name, _now.AddDays(-2), _now.AddDays(-1), hosts);

    /// <summary>Certificate and key as PEM.</summary>
    public static string PemOf(X509Certificate2 certificate)
    {
        using ECDsa key = certificate.GetECDsaPrivateKey()!;
        return $"{certificate.ExportCertificatePem()}\n{key.ExportPkcs8PrivateKeyPem()}\n";
    }

    private X509Certificate2 Issue(string name, DateTimeOffset from, DateTimeOffset until, string[] hosts)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension(
            [new Oid(hosts.Length == 0 ? "1.3.6.1.5.5.7.3.2" : "1.3.6.1.5.5.7.3.1")], false));
        if (hosts.Length > 0)
        {
            SubjectAlternativeNameBuilder names = new();
            foreach (string host in hosts)
            {
                if (IPAddress.TryParse(host, out IPAddress? address))
                    names.AddIpAddress(address);
                else
                    names.AddDnsName(host);
            }

            request.CertificateExtensions.Add(names.Build());
        }

        using X509Certificate2 issued = request.Create(_own, from, until, RandomNumberGenerator.GetBytes(12));
        return issued.CopyWithPrivateKey(key);
    }
}
