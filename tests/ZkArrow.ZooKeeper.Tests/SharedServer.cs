using System.Text;
using ZkArrow.Testing;

namespace ZkArrow.ZooKeeper.Tests;

/// <summary>The one server that all tests share which do not hurt it; each test has a chroot of its own.</summary>
[SetUpFixture]
public sealed class SharedServer
{
    private static int _chroot;

    public static ZooKeeperServer Instance { get; private set; } = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        Instance = await ZooKeeperServer.StartAsync();
        await TestContext.Progress.WriteLineAsync(Instance.Version);
    }

    [OneTimeTearDown]
    public async Task StopAsync() => await Instance.DisposeAsync();

    /// <summary>Makes an empty chroot and returns its path.</summary>
    public static async Task<string> NewChrootAsync()
    {
        string chroot = $"/test-{Interlocked.Increment(ref _chroot)}";
        await using ZkClient client = await ConnectAsync(Instance.ConnectString);
        await client.CreateAsync(chroot, default);
        return chroot;
    }

    public static async Task<ZkClient> ConnectAsync(string connectString, TimeSpan? timeout = null)
    {
        using CancellationTokenSource bound = new(TimeSpan.FromSeconds(30));
        return await ZkClient.ConnectAsync(
            new ZkClientOptions { ConnectString = connectString, SessionTimeout = timeout ?? TimeSpan.FromSeconds(10) },
            bound.Token);
    }

    public static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);
}
