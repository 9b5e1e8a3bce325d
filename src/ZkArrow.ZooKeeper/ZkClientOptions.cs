using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace ZkArrow.ZooKeeper;

/// <summary>How a <see cref="ZkClient"/> connects and what it allows.</summary>
public sealed record ZkClientOptions
{
    /// <summary>Servers and chroot: <c>host1:2181,host2:2181/chroot</c>; see <see cref="ZkConnectString"/>.</summary>
    public required string ConnectString { get; init; }

    /// <summary>
    /// The session timeout asked for, 10 s by default. The server grants between 2 and 20 of its ticks; what it
    /// granted is <see cref="ZkClient.NegotiatedTimeout"/>.
    /// </summary>
    public TimeSpan SessionTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Credentials presented on every connection.</summary>
    public IReadOnlyList<ZkAuth> Auth { get; init; } = [];

    /// <summary>How connections are secured; not at all by default.</summary>
    public ZkTlsOptions? Tls { get; init; }

    /// <summary>How the client proves with SASL who it is; not at all by default.</summary>
    public ZkSaslOptions? Sasl { get; init; }

    /// <summary>The access list of created nodes when the call names none; anyone by default.</summary>
    public IReadOnlyList<ZkAcl> DefaultAcl { get; init; } = ZkAcl.Open;

    /// <summary>
    /// The largest request packet, as the servers' <c>jute.maxbuffer</c> (1 MiB - 1 by default). A larger one is
    /// refused before it is sent, because a server answers it by closing the connection.
    /// </summary>
    public int MaxRequestBytes { get; init; } = 0xfffff;

    /// <summary>The largest reply that is accepted, 16 MiB by default.</summary>
    public int MaxReplyBytes { get; init; } = 16 << 20;

    /// <summary>How many requests may wait for their reply, 512 by default.</summary>
    public int MaxRequestsInFlight { get; init; } = 512;

    /// <summary>How many bytes of requests may wait for their reply, 4 MiB by default.</summary>
    public int MaxBytesInFlight { get; init; } = 4 << 20;

    /// <summary>
    /// How long a call may take from its start to its reply, waiting for a connection included; without limit by
    /// default. Then it fails with <see cref="ZkTimeoutException"/>.
    /// </summary>
    public TimeSpan? OperationTimeout { get; init; }

    /// <summary>
    /// Whether a server that has lost its quorum will do: it answers reads from what it last knew and refuses writes
    /// (<see cref="ZkErrorCode.NotReadOnly"/>). The state is then <see cref="ZkState.ConnectedReadOnly"/>, and the
    /// client goes on looking for a server that can write. Servers need <c>-Dreadonlymode.enabled=true</c>, and (3.8 at
    /// least) <c>localSessionsEnabled=true</c> to take a client that has no session yet.
    /// </summary>
    public bool CanBeReadOnly { get; init; }

    /// <summary>Where the client logs; nowhere by default.</summary>
    public ILoggerFactory LoggerFactory { get; init; } = NullLoggerFactory.Instance;

    internal void Validate()
    {
        if (SessionTimeout < TimeSpan.FromMilliseconds(1) || SessionTimeout.TotalMilliseconds > int.MaxValue)
            throw new ArgumentException(
                $"SessionTimeout {SessionTimeout} was out of range; give 1 ms to 24 days.", nameof(SessionTimeout));
        if (OperationTimeout is { } bound && (bound < TimeSpan.FromMilliseconds(1) || bound.TotalMilliseconds > int.MaxValue))
            throw new ArgumentException(
                $"OperationTimeout {bound} was out of range; give 1 ms to 24 days, or null.", nameof(OperationTimeout));
        Positive(MaxRequestBytes, nameof(MaxRequestBytes));
        Positive(MaxReplyBytes, nameof(MaxReplyBytes));
        Positive(MaxRequestsInFlight, nameof(MaxRequestsInFlight));
        Positive(MaxBytesInFlight, nameof(MaxBytesInFlight));

        static void Positive(int value, string name)
        {
            if (value <= 0)
                throw new ArgumentException($"{name} was {value}; give a positive number.", name);
        }
    }
}
