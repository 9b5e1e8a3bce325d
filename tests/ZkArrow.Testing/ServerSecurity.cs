namespace ZkArrow.Testing;

/// <summary>What a server needs to be secure: PEM texts for TLS, and users for SASL.</summary>
public sealed record ServerSecurity
{
    /// <summary>The server's certificate and key as PEM; with it the server gets a port for TLS.</summary>
    public string? KeyStore { get; init; }

    /// <summary>
    /// The authorities whose client certificates it accepts, as PEM; with it the server demands one from every client.
    /// </summary>
    public string? TrustStore { get; init; }

    /// <summary>Users and passwords for SASL DIGEST-MD5.</summary>
    public IReadOnlyDictionary<string, string> SaslUsers { get; init; } = new Dictionary<string, string>();

    /// <summary>Whether the server ends every session that has not proved with SASL who it is.</summary>
    public bool DemandsSasl { get; init; }

    /// <summary>Writes the files beside the server's data and returns the lines of zoo.cfg that name them.</summary>
    internal IEnumerable<string> Write(string folder, int securePort)
    {
        List<string> config = [];
        if (KeyStore is not null)
        {
            File.WriteAllText(Path.Combine(folder, "server.pem"), KeyStore);
            config.AddRange([
                $"secureClientPort={securePort}",
                "secureClientPortAddress=127.0.0.1",
                "serverCnxnFactory=org.apache.zookeeper.server.NettyServerCnxnFactory",
                "ssl.keyStore.location=server.pem",
            ]);
            if (TrustStore is null)
            {
                config.Add("ssl.clientAuth=none");
            }
            else
            {
                File.WriteAllText(Path.Combine(folder, "trusted.pem"), TrustStore);
                config.AddRange([
                    "ssl.trustStore.location=trusted.pem",
                    "ssl.clientAuth=need",
                    // the name of a client on loopback is nobody's business
                    "ssl.hostnameVerification=false",
                ]);
            }
        }

        if (SaslUsers.Count > 0)
        {
            string users = string.Join('\n', SaslUsers.Select(static user => $"  user_{user.Key}=\"{user.Value}\""));
            File.WriteAllText(
                Path.Combine(folder, "jaas.conf"),
                $"Server {{\n  org.apache.zookeeper.server.auth.DigestLoginModule required\n{users};\n}};\n");
            config.AddRange([
                "authProvider.1=org.apache.zookeeper.server.auth.SASLAuthenticationProvider",
                "fips-mode=false", // servers since 3.9 are in a mode without MD5 by default
                $"sessionRequireClientSASLAuth={(DemandsSasl ? "true" : "false")}",
            ]);
        }

        return config;
    }
}
