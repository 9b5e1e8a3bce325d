using System.Security.Cryptography.X509Certificates;

namespace ZkArrow.ZooKeeper;

/// <summary>
/// How connections are secured with TLS 1.2 or newer, for the servers' <c>secureClientPort</c>. Files are read anew for
/// every connection, so that certificates which were renewed in place are taken up.
/// </summary>
public sealed record ZkTlsOptions
{
    /// <summary>The client's certificate with its private key, when the servers demand one.</summary>
    public X509Certificate2? ClientCertificate { get; init; }

    /// <summary>
    /// A file with the client's certificate and key instead: PEM (certificate, intermediates and key in one file or the
    /// key in <see cref="ClientKeyPath"/>), or PKCS#12 if it ends with <c>.pfx</c> or <c>.p12</c>.
    /// </summary>
    public string? ClientCertificatePath { get; init; }

    /// <summary>The PEM file of the client's key, if it is not in <see cref="ClientCertificatePath"/>.</summary>
    public string? ClientKeyPath { get; init; }

    /// <summary>The password of the client's key, if it has one.</summary>
    public string? ClientKeyPassword { get; init; }

    /// <summary>The only authorities that may vouch for servers; the machine's own by default.</summary>
    public X509Certificate2Collection? Roots { get; init; }

    /// <summary>A PEM file with these authorities instead.</summary>
    public string? RootsPath { get; init; }

    /// <summary>
    /// The name that every server's certificate must be for, and that is sent to the server (SNI). By default it is
    /// the host, name or address, that the connect string gives the server.
    /// </summary>
    public string? TargetHost { get; init; }

    /// <summary>
    /// Whether the certificate must be for the right host. Without the check, whoever holds any certificate of the
    /// authorities can pose as a server.
    /// </summary>
    public bool CheckHostName { get; init; } = true;

    /// <summary>Never prints secrets.</summary>
    public override string ToString() =>
        $"ZkTlsOptions {{ ClientCertificate = {ClientCertificate?.Subject ?? ClientCertificatePath ?? "none"}, "
        + $"Roots = {(Roots is null ? RootsPath ?? "the machine's" : "given")}, TargetHost = {TargetHost}, CheckHostName = {CheckHostName} }}";

    internal void Validate()
    {
        if (ClientCertificate is not null && ClientCertificatePath is not null)
            throw new ArgumentException("The client's certificate was given twice; give ClientCertificate or ClientCertificatePath.");
        if (ClientCertificate is { HasPrivateKey: false })
            throw new ArgumentException("ClientCertificate had no private key; give one that has it.");
        if (ClientCertificatePath is null && (ClientKeyPath ?? ClientKeyPassword) is not null)
            throw new ArgumentException("A client's key was given without ClientCertificatePath; give both.");
        if (Roots is not null && RootsPath is not null)
            throw new ArgumentException("The authorities were given twice; give Roots or RootsPath.");
        if (Roots is { Count: 0 })
            throw new ArgumentException("Roots was empty, so no server could be trusted; give authorities or null.");
    }
}
