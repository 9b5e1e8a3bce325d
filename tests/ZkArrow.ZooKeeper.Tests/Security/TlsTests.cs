using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;
using ZkArrow.Testing;
using static ZkArrow.ZooKeeper.Tests.Security.Certificates;
using static ZkArrow.ZooKeeper.Tests.Security.SecureServer;

namespace ZkArrow.ZooKeeper.Tests.Security;

/// <summary>What a client accepts from servers, and does about those it does not accept.</summary>
[CancelAfter(60_000)]
public sealed class TlsTests
{
    private static readonly TestCaseData[] _bad =
    [
        new TestCaseData(Expired, "expired or not yet valid").SetArgDisplayNames("expired"),
        new TestCaseData(Elsewhere, "not for the host '127.0.0.1'").SetArgDisplayNames("wrong host"),
        new TestCaseData(Strange, "of an unknown authority").SetArgDisplayNames("unknown authority"),
        new TestCaseData(ForClients, "not meant for servers").SetArgDisplayNames("certificate of a client"),
    ];

    private readonly ZkTlsOptions _tls = new() { Roots = Authority.Roots };

    [TestCaseSource(nameof(_bad))]
    public async Task A_bad_certificate_is_told_once_and_the_client_goes_on_trying(X509Certificate2 bad, string reason)
    {
        KeepingLogger logger = new();
        await using TlsFront front = new(SharedServer.Plain.Port, bad);
        Task<ZkClient> connecting = ConnectAsync(Options(front.ConnectString, logger));
        await Eventually.TrueAsync(() => front.Connections > 3, "the client tried again and again");
        Assert.That(connecting.IsCompleted, Is.False);
        string warning = logger.Entries.All.Where(static e => e.Level == LogLevel.Warning).Select(static e => e.Message).Single();
        Assert.That(warning, Does.Contain(front.ConnectString).And.Contains(reason).And.Contains(bad.Subject));
        Assert.That(logger.Entries.All.Select(static e => e.Level), Has.All.LessThanOrEqualTo(LogLevel.Warning));

        front.Certificate = Good;
        await using ZkClient client = await connecting;
        Assert.That((await client.ExistsAsync("/")).Stat, Is.Not.Null);
    }

    [Test]
    public async Task A_server_with_a_bad_certificate_is_passed_over()
    {
        KeepingLogger logger = new();
        await using TlsFront bad = new(SharedServer.Plain.Port, Expired);
        await using TlsFront good = new(SharedServer.Plain.Port, Good);
        await using ZkClient client = await ConnectAsync(Options($"{bad.ConnectString},{good.ConnectString}", logger));
        long session = client.SessionId;
        Recorder<ZkStateChange> states = new();
        client.StateChanged += states.Add;
        good.Cut(); // the server that was lost is tried last
        await states.CountAsync(2);
        Assert.That((client.State, client.SessionId), Is.EqualTo((ZkState.Connected, session)));
        Assert.That(logger.Entries.All.Select(static e => e.Message), Has.Some.Contains("expired or not yet valid"));
    }

    [Test]
    public async Task A_server_that_never_answers_the_TLS_handshake_costs_one_attempt()
    {
        KeepingLogger logger = new();
        await using TlsFront silent = new(SharedServer.Plain.Port, null);
        await using TlsFront good = new(SharedServer.Plain.Port, Good);
        ZkClientOptions options = Options($"{silent.ConnectString},{good.ConnectString}", logger);
        await using ZkClient client = await ConnectAsync(options with { SessionTimeout = TimeSpan.FromSeconds(4) });
        Recorder<ZkStateChange> states = new();
        client.StateChanged += states.Add;
        long session = client.SessionId;
        good.Cut();
        await states.CountAsync(2);
        Assert.That((client.State, client.SessionId), Is.EqualTo((ZkState.Connected, session)));
        Assert.That(logger.Entries.All.Select(static e => e.Message), Has.Some.Contains("did not answer in time"));
    }

    [Test]
    public async Task Nothing_older_than_TLS_1_2_is_offered()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        using CancellationTokenSource stop = new(TimeSpan.FromSeconds(30));
        Task connecting = ZkClient.ConnectAsync(Options($"{listener.LocalEndpoint}"), stop.Token).AsTask();
        using TcpClient client = await listener.AcceptTcpClientAsync(stop.Token);
        ushort[] versions = await ClientHello.ReadVersionsAsync(client.GetStream(), stop.Token);
        Assert.That(versions, Is.SubsetOf(new ushort[] { 0x0303, 0x0304 }).And.Not.Empty);
        await stop.CancelAsync();
        await Assert.ThrowsAsync<ZkCanceledException>(() => connecting);
    }

    [Test]
    public async Task The_host_name_can_be_given_or_left_unchecked()
    {
        await using TlsFront front = new(SharedServer.Plain.Port, Elsewhere);
        await using (ZkClient named = await ConnectAsync(
            Options(front.ConnectString) with { Tls = _tls with { TargetHost = "elsewhere.example" } }))
            Assert.That((await named.ExistsAsync("/")).Stat, Is.Not.Null);
        await using (ZkClient unchecked_ = await ConnectAsync(
            Options(front.ConnectString) with { Tls = _tls with { CheckHostName = false } }))
            Assert.That((await unchecked_.ExistsAsync("/")).Stat, Is.Not.Null);
    }

    [Test]
    public async Task Without_the_check_of_the_host_everything_else_is_checked()
    {
        KeepingLogger logger = new();
        await using TlsFront front = new(SharedServer.Plain.Port, Strange);
        Task<ZkClient> connecting = ConnectAsync(
            Options(front.ConnectString, logger) with { Tls = _tls with { CheckHostName = false } });
        await logger.Entries.ContainsAsync(static e => e.Message.Contains("of an unknown authority"), "it was refused");
        front.Certificate = Good;
        await (await connecting).DisposeAsync();
    }

    [Test]
    public async Task Cuts_and_closes_under_load_fail_calls_and_nothing_else()
    {
        KeepingLogger logger = new();
        await using TlsFront front = new(SharedServer.Plain.Port, Good);
        string chroot = await SharedServer.NewPlainChrootAsync();
        for (int i = 0; i < 10; i++)
        {
            await using ZkClient client = await ConnectAsync(Options(front.ConnectString + chroot, logger));
            long session = client.SessionId;
            Task cut = LoadAsync(client);
            front.Cut();
            await cut;
            await client.SetDataAsync("/", default); // the client came back by itself
            Assert.That(client.SessionId, Is.EqualTo(session));
            Task closed = LoadAsync(client);
            await client.DisposeAsync();
            await closed;
        }

        Assert.That(logger.Entries.All.Where(static e => e.Level > LogLevel.Warning || e.Exception is not null), Is.Empty);

        // every call ends, with its result or with what kept it from it
        static Task LoadAsync(ZkClient client) => Task.WhenAll(Enumerable.Range(0, 200).Select(async i =>
        {
            try
            {
                await client.SetDataAsync("/", new byte[i * 100]);
            }
            catch (ZkException exception) when (exception is ZkConnectionLossException or ZkClosedException)
            {
                Assert.That(exception.Outcome, Is.AnyOf(ZkOutcome.Unknown, ZkOutcome.NotDone));
            }
        }));
    }

    [Test]
    public async Task By_default_the_authorities_are_those_of_the_machine()
    {
        KeepingLogger logger = new();
        using CancellationTokenSource stop = new();
        Task connecting = ZkClient.ConnectAsync(
            With(new ZkTlsOptions { ClientCertificate = Ann }) with { LoggerFactory = logger }, stop.Token).AsTask();
        await logger.Entries.ContainsAsync(static e => e.Message.Contains("of an unknown authority"), "it was refused");
        await stop.CancelAsync();
        await Assert.ThrowsAsync<ZkCanceledException>(() => connecting);
    }

    [Test]
    public async Task A_port_without_TLS_is_told_as_such()
    {
        KeepingLogger logger = new();
        using CancellationTokenSource stop = new();
        Task connecting = ZkClient.ConnectAsync(
            Options(SharedServer.Plain.ConnectString, logger) with { SessionTimeout = TimeSpan.FromSeconds(2) }, stop.Token).AsTask();
        await logger.Entries.ContainsAsync(
            static e => e.Message.Contains(SharedServer.Plain.ConnectString), "the attempt was told");
        await stop.CancelAsync();
        await Assert.ThrowsAsync<ZkCanceledException>(() => connecting);
    }

    private ZkClientOptions Options(string connectString, ILoggerFactory? logger = null)
    {
        ZkClientOptions options = new() { ConnectString = connectString, Tls = _tls };
        return logger is null ? options : options with { LoggerFactory = logger };
    }
}
