using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using NUnit.Framework;
using ZkArrow.Extensions.DependencyInjection;

namespace ZkArrow.Tests.Api;

/// <summary>ZkArrow in a container.</summary>
[CancelAfter(60_000)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class DependencyInjectionTests : IDisposable
{
    private static readonly ServiceProviderOptions Strict = new() { ValidateOnBuild = true, ValidateScopes = true };
    private readonly LocalNamespace _space = new();
    private readonly ServiceCollection _services = new();

    public void Dispose() => _space.Dispose();

    [Test]
    public async Task A_connection_is_opened_once_shared_and_closed_with_the_container(CancellationToken bound)
    {
        _services.AddZkArrow(o => o.Url = _space.Url).AddSingleton<Consumer>();
        ZkArrowClient client;
        await using (ServiceProvider provider = _services.BuildServiceProvider(Strict))
        {
            Consumer consumer = provider.GetRequiredService<Consumer>();
            ZkArrowClient[] clients = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => consumer.Connection.GetClientAsync(bound).AsTask()));
            client = clients.Distinct().Single();
            Assert.That((await client.PublishAsync("t", LocalNamespace.Row(), cancellationToken: bound)).Number, Is.EqualTo(1));
            Assert.That(client.State, Is.EqualTo(ClientState.Connected));
        }

        Assert.That(client.State, Is.EqualTo(ClientState.Closed));
    }

    [Test]
    public async Task Keyed_connections_are_of_their_own_namespaces(CancellationToken bound)
    {
        using LocalNamespace other = new();
        _services.AddKeyedZkArrow("one", o => o.Url = _space.Url);
        _services.AddKeyedZkArrow("two", o => o.Url = other.Url);
        await using ServiceProvider provider = _services.BuildServiceProvider(Strict);
        ZkArrowClient one = await provider.GetRequiredKeyedService<ZkArrowConnection>("one").GetClientAsync(bound);
        ZkArrowClient two = await provider.GetRequiredKeyedService<ZkArrowConnection>("two").GetClientAsync(bound);
        await one.PublishAsync("t", LocalNamespace.Row(), cancellationToken: bound);
        Assert.That(await one.ListAsync(cancellationToken: bound), Has.Count.EqualTo(1));
        Assert.That(await two.ListAsync(cancellationToken: bound), Is.Empty);
        Assert.That(provider.GetService<ZkArrowConnection>(), Is.Null);
    }

    [Test]
    public async Task A_container_without_a_url_says_which_property_is_missing()
    {
        _services.AddZkArrow(static _ => { });
        await using ServiceProvider provider = _services.BuildServiceProvider(Strict);
        Assert.That(
            () => provider.GetRequiredService<ZkArrowConnection>(),
            Throws.TypeOf<OptionsValidationException>().With.Message.StartsWith("Url was empty"));
        Assert.That(
            () => provider.GetRequiredService<IStartupValidator>().Validate(),
            Throws.TypeOf<OptionsValidationException>(),
            "a host finds it when it starts");
    }

    [Test]
    public async Task A_connection_that_could_not_be_opened_is_tried_again(CancellationToken bound)
    {
        string blocked = _space.Url["local:".Length..];
        await File.WriteAllTextAsync(blocked, "a file where the folder shall be", bound);
        _services.AddZkArrow(o => o.Url = _space.Url);
        await using ServiceProvider provider = _services.BuildServiceProvider(Strict);
        ZkArrowConnection connection = provider.GetRequiredService<ZkArrowConnection>();
        Assert.That(async () => await connection.GetClientAsync(bound), Throws.InstanceOf<ZkArrowException>());
        File.Delete(blocked);
        Assert.That((await connection.GetClientAsync(bound)).State, Is.EqualTo(ClientState.Connected));
    }

    [Test]
    public async Task Cancelling_ends_one_wait_and_disposing_ends_all(CancellationToken bound)
    {
        // nobody listens there, and the client would try for its 30 s
        _services.AddZkArrow(static o => o.Url = "zk://127.0.0.1:1/none");
        await using ServiceProvider provider = _services.BuildServiceProvider(Strict);
        ZkArrowConnection connection = provider.GetRequiredService<ZkArrowConnection>();
        Task<ZkArrowClient> waits = connection.GetClientAsync(bound).AsTask();
        using CancellationTokenSource cancel = new();
        Task<ZkArrowClient> cancelled = connection.GetClientAsync(cancel.Token).AsTask();
        await cancel.CancelAsync();
        OperationCanceledException e = (await Assert.CatchAsync<OperationCanceledException>(async () => await cancelled))!;
        Assert.That(e.CancellationToken, Is.EqualTo(cancel.Token));
        Assert.That(waits.IsCompleted, Is.False);

        await Task.WhenAll(connection.DisposeAsync().AsTask(), connection.DisposeAsync().AsTask());
        Assert.That(async () => await waits, Throws.InstanceOf<ObjectDisposedException>());
        Assert.That(async () => await connection.GetClientAsync(bound), Throws.InstanceOf<ObjectDisposedException>());
        await connection.DisposeAsync();
    }

    [Test]
    public async Task Health_follows_the_session(CancellationToken bound)
    {
        _services.AddKeyedZkArrow("k", o => o.Url = _space.Url).AddSingleton(typeof(ILogger<>), typeof(NullLogger<>));
        _services.AddHealthChecks().AddZkArrow(key: "k", failureStatus: HealthStatus.Degraded, tags: ["ready"]);
        await using ServiceProvider provider = _services.BuildServiceProvider(Strict);
        HealthCheckService health = provider.GetRequiredService<HealthCheckService>();
        HealthReport report = await health.CheckHealthAsync(bound);
        Assert.That(report.Entries["zkarrow"].Status, Is.EqualTo(HealthStatus.Healthy), report.Entries["zkarrow"].Description);
        Assert.That(report.Entries["zkarrow"].Tags, Is.EqualTo((string[])["ready"]));

        await (await provider.GetRequiredKeyedService<ZkArrowConnection>("k").GetClientAsync(bound)).DisposeAsync();
        report = await health.CheckHealthAsync(bound);
        Assert.That(report.Entries["zkarrow"].Status, Is.EqualTo(HealthStatus.Degraded), "the failure status that was asked for");
        Assert.That(report.Entries["zkarrow"].Description, Does.Contain("Closed"));
    }

    private sealed class Consumer(ZkArrowConnection connection)
    {
        public ZkArrowConnection Connection { get; } = connection;
    }
}
