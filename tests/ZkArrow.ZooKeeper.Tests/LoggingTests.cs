using System.Reflection;
using Microsoft.Extensions.Logging;
using static ZkArrow.ZooKeeper.Tests.SharedServer;

namespace ZkArrow.ZooKeeper.Tests;

[CancelAfter(60_000)]
public sealed class LoggingTests
{
    [Test]
    public async Task A_callback_that_throws_is_logged()
    {
        KeepingLogger logger = new();
        await using ZkClient client = await ZkClient.ConnectAsync(RunSecurity.Options(Instance.ConnectString + await NewChrootAsync()) with
        {
            LoggerFactory = logger,
        });
        InvalidOperationException mistake = new("a test's own mistake");
        await client.ExistsAsync("/x", _ => throw mistake);
        await client.CreateAsync("/x", default);
        await logger.Entries.ContainsAsync(
            e => e.Level == LogLevel.Error && ReferenceEquals(e.Exception, mistake), "the exception was logged");
    }

    [Test]
    public async Task Secrets_are_not_logged()
    {
        KeepingLogger logger = new();
        await using (ZkClient client = await ZkClient.ConnectAsync(RunSecurity.Options(Instance.ConnectString) with
        {
            LoggerFactory = logger,
            Auth = [ZkAuth.Digest("ann", "hush-hush")],
        }))
        {
            await client.ExistsAsync("/");
        }

        Assert.That(logger.Entries.All, Is.Not.Empty);
        Assert.That(logger.Entries.All.Select(static e => e.Message), Has.None.Contains("hush"));
        Assert.That(ZkAuth.Digest("ann", "hush-hush").ToString(), Does.Not.Contain("hush"));
    }

    [Test]
    public void Every_message_has_an_event_id_of_its_own()
    {
        const BindingFlags any = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.Instance;
        int[] ids = [.. typeof(ZkClient).Assembly.GetTypes().SelectMany(static t => t.GetMethods(any))
            .Select(static m => m.GetCustomAttribute<LoggerMessageAttribute>()?.EventId).OfType<int>()];
        Assert.That(ids, Is.Unique.And.Not.Empty);
    }

    [Test]
    public void Every_call_that_can_wait_takes_a_token() =>
        Assert.That(
            typeof(ZkClient).GetMethods().Where(static m => m.Name.EndsWith("Async", StringComparison.Ordinal) && m.Name != "DisposeAsync")
                .Where(static m => m.GetParameters().Last() is not { HasDefaultValue: true } last || last.ParameterType != typeof(CancellationToken))
                .Select(static m => m.Name),
            Is.Empty);
}
