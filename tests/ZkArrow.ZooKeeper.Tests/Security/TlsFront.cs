using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace ZkArrow.ZooKeeper.Tests.Security;

/// <summary>A TLS port in front of a plain one, with whatever certificate a test gives it, or silent without one.</summary>
internal sealed class TlsFront : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly List<TcpClient> _open = [];
    private readonly int _target;
    private readonly Task _accepting;
    private X509Certificate2? _certificate;
    private int _connections;

    public TlsFront(int target, X509Certificate2? certificate)
    {
        (_target, _certificate) = (target, certificate);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public string ConnectString => $"127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";
    public int Connections => Volatile.Read(ref _connections);
    public X509Certificate2? Certificate { set => Volatile.Write(ref _certificate, value); }

    public void Cut()
    {
        lock (_open)
        {
            foreach (TcpClient client in _open)
                client.Dispose();
            _open.Clear();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _accepting;
        _listener.Stop();
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        List<Task> serving = [];
        try
        {
            while (true)
                serving.Add(ServeAsync(await _listener.AcceptTcpClientAsync(_stop.Token)));
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            Cut();
            await Task.WhenAll(serving);
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        Interlocked.Increment(ref _connections);
        lock (_open)
            _open.Add(client);
        try
        {
            if (Volatile.Read(ref _certificate) is not { } certificate)
            {
                await Task.Delay(Timeout.Infinite, _stop.Token);
                return;
            }

            using TcpClient server = new();
            await server.ConnectAsync(IPAddress.Loopback, _target, _stop.Token);
            await using SslStream secured = new(client.GetStream());
            await secured.AuthenticateAsServerAsync(
                new SslServerAuthenticationOptions { ServerCertificate = certificate }, _stop.Token);
            await await Task.WhenAny(
                secured.CopyToAsync(server.GetStream(), _stop.Token), server.GetStream().CopyToAsync(secured, _stop.Token));
        }
        catch (Exception exception) when (
            exception is IOException or SocketException or AuthenticationException or OperationCanceledException
                or ObjectDisposedException or InvalidOperationException)
        {
            // one side is gone or refused the other
        }
        finally
        {
            client.Dispose();
        }
    }
}
