using System.Text;
using ZkArrow.Testing;

namespace ZkArrow.ZooKeeper.Tests;

/// <summary>The one server that all tests share which do not hurt it; each test has a chroot of its own.</summary>
[SetUpFixture]
public sealed class SharedServer
{
    private static int _chroot;

    public static ZooKeeperServer Instance { get; private set; } = null!;

    /// <summary>A server without TLS and SASL for the tests that need it, see <see cref="RunSecurity"/>.</summary>
    public static ZooKeeperServer Plain { get; private set; } = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        RunSecurity.WriteRoots();
        Instance = await ZooKeeperServer.StartAsync(RunSecurity.Server);
        Plain = RunSecurity.IsOn ? await ZooKeeperServer.StartAsync() : Instance;
        await TestContext.Progress.WriteLineAsync($"{Instance.Version}{(RunSecurity.IsOn ? ", with TLS and SASL" : "")}");
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        await Instance.DisposeAsync();
        if (RunSecurity.IsOn)
            await Plain.DisposeAsync();
        RunSecurity.DeleteRoots();
    }

    /// <summary>Makes an empty chroot and returns its path.</summary>
    public static Task<string> NewChrootAsync() => NewChrootAsync(RunSecurity.Options(Instance.ConnectString));

    /// <summary>Makes an empty chroot on the plain server.</summary>
    public static Task<string> NewPlainChrootAsync() => NewChrootAsync(new ZkClientOptions { ConnectString = Plain.ConnectString });

    private static async Task<string> NewChrootAsync(ZkClientOptions options)
    {
        string chroot = $"/test-{Interlocked.Increment(ref _chroot)}";
        await using ZkClient client = await ConnectAsync(options);
        await client.CreateAsync(chroot, default);
        return chroot;
    }

    public static Task<ZkClient> ConnectAsync(string connectString, TimeSpan? timeout = null) =>
        ConnectAsync(RunSecurity.Options(connectString) with { SessionTimeout = timeout ?? TimeSpan.FromSeconds(10) });

    public static async Task<ZkClient> ConnectAsync(ZkClientOptions options)
    {
        using CancellationTokenSource bound = new(TimeSpan.FromSeconds(30));
        return await ZkClient.ConnectAsync(options, bound.Token);
    }

    public static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);
}
