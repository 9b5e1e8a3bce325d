using Microsoft.Extensions.Logging;
using ZkArrow.Testing;
using static ZkArrow.ZooKeeper.Tests.Security.Certificates;
using static ZkArrow.ZooKeeper.Tests.Security.SecureServer;

namespace ZkArrow.ZooKeeper.Tests.Security;

[CancelAfter(60_000)]
public sealed class SaslTests
{
    private static readonly ZkSaslOptions _ann = ZkSaslOptions.DigestMd5("ann", Password);

    [Test]
    public async Task The_user_opens_what_is_the_users_alone_also_after_a_reconnect()
    {
        await using ChaosProxy proxy = new(Instance.Port);
        await using ZkClient ann = await ConnectAsync(new ZkClientOptions { ConnectString = proxy.ConnectString, Sasl = _ann });
        await using ZkClient ben = await ConnectAsync(
            new ZkClientOptions { ConnectString = PlainConnectString, Sasl = ZkSaslOptions.DigestMd5("ben", LatinPassword) });
        await using ZkClient nobody = await ConnectAsync(new ZkClientOptions { ConnectString = PlainConnectString });
        await ann.CreateAsync("/of-ann", default, acl: [ZkAcl.Sasl("ann"), ZkAcl.Sasl("ben", ZkPermissions.Read)]);
        await ann.SetDataAsync("/of-ann", new byte[] { 1 });
        Assert.That((await ben.GetDataAsync("/of-ann")).Data.Length, Is.EqualTo(1));
        Assert.That(async () => await ben.SetDataAsync("/of-ann", default), Throws.InstanceOf<ZkNoAuthException>());
        Assert.That(async () => await nobody.GetDataAsync("/of-ann"), Throws.InstanceOf<ZkNoAuthException>());

        Recorder<ZkStateChange> states = new();
        ann.StateChanged += states.Add;
        long session = ann.SessionId;
        for (int i = 1; i <= 3; i++)
        {
            proxy.Cut();
            await states.CountAsync(2 * i);
            await ann.SetDataAsync("/of-ann", default);
        }

        Assert.That(ann.SessionId, Is.EqualTo(session));
    }

    [TestCase("ann", "wrong")]
    [TestCase("eve", "mistaken")]
    public async Task A_refused_user_is_final(string user, string password)
    {
        KeepingLogger logger = new();
        Task<ZkClient> connecting = ConnectAsync(new ZkClientOptions
        {
            ConnectString = PlainConnectString,
            Sasl = ZkSaslOptions.DigestMd5(user, password),
            LoggerFactory = logger,
        });
        ZkAuthFailedException? refused = await Assert.ThrowsAsync<ZkAuthFailedException>(() => connecting);
        Assert.That((refused!.Outcome, refused.Code), Is.EqualTo((ZkOutcome.NotDone, ZkErrorCode.AuthFailed)));
        Assert.That(logger.Entries.All.Count(static e => e.Level == LogLevel.Error && e.Message.Contains("'sasl'")), Is.EqualTo(1));
        Assert.That(logger.Entries.All.Select(static e => e.Message), Has.None.Contains(password));
    }

    [Test]
    public async Task A_user_refused_at_a_reconnect_is_final_too()
    {
        await using ZooKeeperServer strict = await ZooKeeperServer.StartAsync(new ServerSecurity
        {
            SaslUsers = new Dictionary<string, string> { ["ann"] = "another password" },
        });
        await using ChaosProxy here = new(Instance.Port), there = new(strict.Port);
        there.Refusing = true;
        await using ZkClient client = await ConnectAsync(
            new ZkClientOptions { ConnectString = $"{here.ConnectString},{there.ConnectString}", Sasl = _ann });
        Recorder<ZkStateChange> states = new();
        client.StateChanged += states.Add;
        here.Refusing = true;
        there.Refusing = false;
        here.Cut();
        // the other server knows neither the session nor the password
        await states.CountAsync(3);
        Assert.That(
            states.All.Select(static s => s.Current),
            Is.EqualTo(new[] { ZkState.Suspended, ZkState.Lost, ZkState.AuthFailed }));
        here.Refusing = false;
        ZkAuthFailedException? refused = await Assert.ThrowsAsync<ZkAuthFailedException>(async () => await client.ExistsAsync("/"));
        Assert.That(refused!.Outcome, Is.EqualTo(ZkOutcome.NotDone));
    }

    [Test]
    public Task A_server_without_SASL_is_told_and_not_final() =>
        AssertToldAsync(SharedServer.Plain.ConnectString, "not set up for SASL");

    [Test]
    public async Task A_server_that_does_not_speak_DIGEST_MD5_is_told_and_tried_again()
    {
        await using ScriptedServer server = new(static packet => [ScriptedServer.Reply(packet, 0, (int)ZkErrorCode.AuthFailed)]);
        await AssertToldAsync(server.ConnectString, "fips-mode=false", () => server.Handshakes.All.Length > 1);
    }

    [Test]
    public async Task A_server_that_does_not_know_the_password_itself_is_taken_for_an_impostor()
    {
        await using ScriptedServer server = new(static packet =>
        {
            string token = packet.Length > 12
                ? "rspauth=00000000000000000000000000000000"
                : "realm=\"r\",nonce=\"n\",charset=utf-8,algorithm=md5-sess";
            byte[] bytes = SharedServer.Bytes(token);
            return [ScriptedServer.Reply(packet, 0, 0, $"{bytes.Length:x8}{Convert.ToHexString(bytes)}")];
        });
        await AssertToldAsync(server.ConnectString, "impostor", () => server.Handshakes.All.Length > 1);
    }

    [Test]
    public async Task SASL_works_inside_TLS()
    {
        await using ZkClient client = await ConnectAsync(
            With(new ZkTlsOptions { ClientCertificate = Ann, Roots = Authority.Roots }) with { Sasl = _ann });
        await client.CreateAsync("/sasl-in-tls", default, acl: [ZkAcl.Sasl("ann")]);
        await client.SetDataAsync("/sasl-in-tls", default);
    }

    [Test]
    public void Secrets_are_not_printed() =>
        Assert.That(
            new ZkClientOptions { ConnectString = "h", Sasl = _ann }.ToString(), Does.Contain("ann").And.Not.Contains(Password));

    /// <summary>Expects a warning, and that the client goes on until it is told to stop.</summary>
    private static async Task AssertToldAsync(string connectString, string reason, Func<bool>? isTriedAgain = null)
    {
        KeepingLogger logger = new();
        using CancellationTokenSource stop = new();
        Task<ZkClient> connecting = ZkClient.ConnectAsync(
            new ZkClientOptions { ConnectString = connectString, Sasl = _ann, LoggerFactory = logger }, stop.Token).AsTask();
        await logger.Entries.ContainsAsync(e => e.Level == LogLevel.Warning && e.Message.Contains(reason), "it was told");
        if (isTriedAgain is not null)
            await Eventually.TrueAsync(isTriedAgain, "it was tried again");
        Assert.That(connecting.IsCompleted, Is.False);
        await stop.CancelAsync();
        await Assert.ThrowsAsync<ZkCanceledException>(() => connecting);
    }
}
