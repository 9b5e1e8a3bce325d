using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace ZkArrow.ZooKeeper.Session;

/// <summary>One TLS handshake with one server, and why it failed if it did.</summary>
internal sealed class TlsHandshake(ZkTlsOptions options, string host)
{
    private string? _refusal;

    /// <summary>Secures the stream, which is disposed of with the result, or if this throws.</summary>
    /// <exception cref="SecurityFailedException">The handshake failed; the message says why.</exception>
    public async Task<SslStream> RunAsync(Stream stream, CancellationToken cancellation)
    {
        SslStream secured = new(stream, leaveInnerStreamOpen: false);
        try
        {
            await secured.AuthenticateAsClientAsync(Describe(), cancellation).ConfigureAwait(false);
            return secured;
        }
        catch (Exception exception) when (
            exception is AuthenticationException or CryptographicException or IOException or UnauthorizedAccessException)
        {
            await secured.DisposeAsync().ConfigureAwait(false);
            string reason = Explain(exception);
            throw new SecurityFailedException(_refusal ?? (IsAlert(reason) ? Refused(reason) : $"the TLS handshake failed: {reason}"));
        }
        catch
        {
            await secured.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Refuses options that contradict themselves or name files that cannot be read.</summary>
    public static void Probe(ZkTlsOptions options)
    {
        options.Validate();
        try
        {
            LoadCertificate(options);
            LoadRoots(options);
        }
        catch (Exception exception) when (exception is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new ArgumentException(
                $"A file of the TLS options could not be used: {exception.Message} Repair it, or name another.", exception);
        }
    }

    /// <summary>What the innermost exception says: TLS wraps it in several that say less.</summary>
    public static string Explain(Exception exception) => exception.GetBaseException().Message;

    /// <summary>Says that it was the server that broke the connection off.</summary>
    public static string Refused(string reason) => $"it refused this client, perhaps for its certificate: {reason}";

    private static bool IsAlert(string reason) => reason.Contains(" alert ", StringComparison.Ordinal);

    private SslClientAuthenticationOptions Describe()
    {
        SslClientAuthenticationOptions description = new()
        {
            TargetHost = options.TargetHost ?? host,
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            AllowRenegotiation = false,
            RemoteCertificateValidationCallback = IsTrusted,
            // looking anything up would go to hosts that a certificate names, outside of the bound of the attempt
            CertificateChainPolicy = new X509ChainPolicy
            {
                RevocationMode = X509RevocationMode.NoCheck,
                DisableCertificateDownloads = true,
            },
        };
        if (LoadRoots(options) is { } roots)
        {
            description.CertificateChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            description.CertificateChainPolicy.CustomTrustStore.AddRange(roots);
        }

        if (LoadCertificate(options) is { } own)
            description.ClientCertificateContext = SslStreamCertificateContext.Create(own.Certificate, own.Intermediates, offline: true);
        return description;
    }

    private bool IsTrusted(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (!options.CheckHostName)
            errors &= ~SslPolicyErrors.RemoteCertificateNameMismatch;
        List<string> reasons = [];
        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNotAvailable))
            reasons.Add("it has no certificate");
        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors))
        {
            string[] faults = [.. (chain?.ChainStatus ?? []).Select(static status => status.Status).Distinct().Select(Name)];
            reasons.Add($"its certificate is not valid here ({string.Join(", ", faults)})");
        }

        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch))
            reasons.Add($"its certificate is not for the host '{options.TargetHost ?? host}'");
        if (reasons.Count == 0)
            return true;
        _refusal = $"{string.Join(", and ", reasons)}; its certificate is of '{certificate?.Subject}' by '{certificate?.Issuer}'.";
        return false;

        static string Name(X509ChainStatusFlags status) => status switch
        {
            X509ChainStatusFlags.NotTimeValid => "expired or not yet valid",
            X509ChainStatusFlags.UntrustedRoot => "of an unknown authority",
            X509ChainStatusFlags.PartialChain => "of an unknown authority",
            X509ChainStatusFlags.NotValidForUsage => "not meant for servers",
            _ => status.ToString(),
        };
    }

    private static (X509Certificate2 Certificate, X509Certificate2Collection? Intermediates)? LoadCertificate(ZkTlsOptions options)
    {
        if (options.ClientCertificate is { } given)
            return (given, null);
        if (options.ClientCertificatePath is not { } path)
            return null;
        try
        {
            return ReadCertificate(path, options);
        }
        catch (CryptographicException exception)
        {
            throw new CryptographicException($"'{path}' has no certificate and key that fit: {exception.Message}", exception);
        }
    }

    private static (X509Certificate2, X509Certificate2Collection?) ReadCertificate(string path, ZkTlsOptions options)
    {
        if (Path.GetExtension(path) is ".pfx" or ".p12")
            return (X509CertificateLoader.LoadPkcs12FromFile(path, options.ClientKeyPassword), null);
        X509Certificate2 certificate = options.ClientKeyPassword is { } password
            ? X509Certificate2.CreateFromEncryptedPemFile(path, password, options.ClientKeyPath)
            : X509Certificate2.CreateFromPemFile(path, options.ClientKeyPath);
        if (OperatingSystem.IsWindows()) // its TLS cannot use a key that was never stored
            certificate = X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), null);
        X509Certificate2Collection chain = [];
        chain.ImportFromPemFile(path);
        return (certificate, chain);
    }

    private static X509Certificate2Collection? LoadRoots(ZkTlsOptions options)
    {
        if (options.RootsPath is not { } path)
            return options.Roots;
        X509Certificate2Collection roots = [];
        roots.ImportFromPemFile(path);
        return roots.Count > 0
            ? roots
            : throw new CryptographicException($"'{path}' held no certificates; name a PEM file with those of the authorities.");
    }
}
