using System.Text.RegularExpressions;
using ZkArrow.Testing;
using static ZkArrow.ZooKeeper.Tests.SharedServer;

namespace ZkArrow.ZooKeeper.Tests;

/// <summary>The examples of the package's README: each is in here word for word, compiled and run.</summary>
[CancelAfter(60_000)]
public sealed class ReadmeTests
{
    [Test]
    public async Task Examples_run()
    {
        string servers = Plain.ConnectString + await NewPlainChrootAsync();
        await using ZkClient client = await ZkClient.ConnectAsync(new ZkClientOptions
        {
            ConnectString = servers, // "host1:2181,host2:2181/chroot"
            SessionTimeout = TimeSpan.FromSeconds(10),
            OperationTimeout = TimeSpan.FromSeconds(5),
        });
        client.StateChanged += change => Console.WriteLine($"{change.Previous} -> {change.Current}");

        await client.EnsurePathAsync("/app/config");
        ZkCreated created = await client.CreateAsync("/app/config/limit", "10"u8.ToArray());
        ZkData read = await client.GetDataAsync(created.Path);
        await client.SetDataAsync(created.Path, "20"u8.ToArray(), read.Stat.Version); // only if nobody changed it
        ZkResult<ZkData> missing = await client.TryGetDataAsync("/app/none"); // refusals as values, not exceptions
        Console.WriteLine($"{missing.Code}, {missing.Outcome}");
        await client.DeleteAsync(created.Path);
        Assert.That((missing.Code, missing.Outcome), Is.EqualTo((ZkErrorCode.NoNode, ZkOutcome.NotDone)));

        ZkMultiResult result = await client.Transaction()
            .Check("/app", 0)
            .Create("/app/job-", default, ZkCreateMode.PersistentSequential)
            .SetData("/app/config", "new"u8.ToArray())
            .CommitAsync();
        Console.WriteLine($"{result.Results[1].Path} in transaction 0x{result.Zxid:x}");
        Assert.That(result.Results[1].Path, Does.StartWith("/app/job-000000000"));
    }

    [Test]
    public async Task The_watch_example_runs()
    {
        await using ZkClient client = await SharedServer.ConnectAsync(Instance.ConnectString + await NewChrootAsync());
        await client.EnsurePathAsync("/app/config");
        using CancellationTokenSource source = new();
        CancellationToken stop = source.Token;
        async Task FollowAsync()
        {
            await foreach (ZkData? data in client.WatchDataAsync("/app/config", stop))
                Console.WriteLine(data is { } some ? $"version {some.Stat.Version}" : "the node does not exist");
        }

        Task following = FollowAsync();
        await Eventually.TrueAsync(async () => await client.CheckWatchesAsync("/app/config"), "the stream had begun");
        await client.SetDataAsync("/app/config", default);
        await source.CancelAsync();
        Assert.That(async () => await following, Throws.InstanceOf<OperationCanceledException>());
    }

    [Test]
    public void Every_example_of_the_readme_is_one_of_these() =>
        DocumentedExamples.AssertCompiled("src/ZkArrow.ZooKeeper/README.md", "ReadmeTests.cs", 4);

    [TestCase("docs/zookeeper-client.md", 60)]
    [TestCase("docs/recipes.md", 1)]
    public void Every_test_that_the_pages_name_exists(string page, int atLeast)
    {
        MatchCollection names = Regex.Matches(DocumentedExamples.Read(page), @"`(\w+Tests)(?:\.(\w+))?`");
        Assert.That(names, Has.Count.GreaterThanOrEqualTo(atLeast));
        foreach (Match name in names)
        {
            Type? fixture = GetType().Assembly.GetTypes().SingleOrDefault(type => type.Name == name.Groups[1].Value);
            Assert.That(fixture, Is.Not.Null, name.Value);
            if (name.Groups[2].Success)
                Assert.That(fixture!.GetMethod(name.Groups[2].Value), Is.Not.Null, name.Value);
        }
    }
}
