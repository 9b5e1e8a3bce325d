using System.Net.Sockets;

namespace ZkArrow.ZooKeeper.Session;

/// <summary>The part that secures connections, and says why one could not be.</summary>
internal sealed partial class ZkSession
{
    private readonly HashSet<(string Server, string Reason)> _toldFailures = [];

    /// <summary>Secures a new connection if that is asked for.</summary>
    private async Task<Stream> SecureAsync(Stream stream, string server, CancellationToken cancellation) =>
        Options.Tls is { } tls
            ? await new TlsHandshake(tls, server[..server.LastIndexOf(':')]).RunAsync(stream, cancellation).ConfigureAwait(false)
            : stream;

    /// <summary>
    /// Says why there is no connection to a server. That servers are away is usual and only for who debugs. What is
    /// wrong with certificates or users stays wrong until somebody repairs it, while the attempts go on: it is a
    /// warning, once per server and reason until a connection comes about.
    /// </summary>
    private void TellFailure(string server, Exception exception)
    {
        if (exception is OperationCanceledException)
        {
            _logger.ConnectFailed(server, "it did not answer in time.");
            return;
        }

        string reason = TlsHandshake.Explain(exception);
        // with TLS 1.3 a server refuses our certificate after the handshake, which shows in the first read
        bool isRefusal = Options.Tls is not null
            && exception is IOException { InnerException: not (null or SocketException) } and not SecurityFailedException;
        if (isRefusal)
            reason = TlsHandshake.Refused(reason);
        if (!isRefusal && exception is not SecurityFailedException)
            _logger.ConnectFailed(server, reason);
        else if (_toldFailures.Add((server, reason)))
            _logger.SecurityFailed(server, reason);
    }
}

/// <summary>The connection to a server could not be secured; the message says why.</summary>
internal sealed class SecurityFailedException(string message) : IOException(message);
