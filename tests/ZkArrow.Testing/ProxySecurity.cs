using System.Net.Security;

namespace ZkArrow.Testing;

/// <summary>What a <see cref="ChaosProxy"/> needs to stand between two who speak TLS.</summary>
/// <param name="Clients">How it answers the handshakes of clients.</param>
/// <param name="Server">How it shakes hands with the server.</param>
/// <param name="SaslReplies">How many replies of the SASL exchange follow that to the session's handshake.</param>
public sealed record ProxySecurity(
    SslServerAuthenticationOptions Clients, SslClientAuthenticationOptions Server, int SaslReplies);
