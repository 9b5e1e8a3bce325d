using NUnit.Framework;
using ZkArrow.Coordination;
using ZkArrow.Embedded;
using ZkArrow.Testing;

namespace ZkArrow.Tests.Coordination;

/// <summary>Both coordinators: a real ZooKeeper server, or a folder of the embedded one; a root of its own for each test.</summary>
public abstract class CoordinatorFixture(string kind)
{
    private readonly List<ICoordinator> _open = [];
    private ZooKeeperServer? _server;
    private string _url = "";
    private int _test;

    /// <summary>An existing node that nothing else uses.</summary>
    protected string Root { get; private set; } = "";

    internal string Url => _url;

    [OneTimeSetUp]
    public async Task Start()
    {
        if (kind == "zk")
        {
            _server = await ZooKeeperServer.StartAsync("tickTime=200");
            _url = $"zk://{_server.ConnectString}";
        }
        else
        {
            _url = $"local:/dev/shm/{Path.GetRandomFileName()}";
        }
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        if (_server != null)
            await _server.DisposeAsync();
        else
            Directory.Delete(_url["local:".Length..], recursive: true);
    }

    [SetUp]
    public async Task MakeRoot()
    {
        Root = $"/test{++_test}";
        await using ICoordinator one = await ConnectAsync(_url);
        Assert.That((await one.CommitAsync([TreeOp.Create(Root, default)], default)).Committed, Is.True);
    }

    [TearDown]
    public async Task Close()
    {
        foreach (ICoordinator one in _open)
            await one.DisposeAsync();
        _open.Clear();
    }

    internal static async Task<ICoordinator> ConnectAsync(string url)
    {
        ConnectUrl parts = ConnectUrl.Parse(url);
        return parts.LocalPath is { } path
            ? await LocalCoordinator.OpenAsync(path, default)
            : await ZooKeeperCoordinator.ConnectAsync(parts, new ZkArrowOptions { SessionTimeout = TimeSpan.FromSeconds(2) }, default);
    }

    /// <summary>A session of its own, closed after the test.</summary>
    internal async Task<ICoordinator> OpenAsync()
    {
        ICoordinator one = await ConnectAsync(_url);
        _open.Add(one);
        return one;
    }

    /// <summary>A watch, and the task that it completes.</summary>
    internal static (NodeWatch Watch, Counted Fired) Watch()
    {
        Counted counted = new();
        return (new NodeWatch(counted.Add), counted);
    }

    /// <summary>How often something happened.</summary>
    internal sealed class Counted
    {
        private int _count;

        public int Count => Volatile.Read(ref _count);

        public void Add() => Interlocked.Increment(ref _count);

        public Task BeAsync(int count) => Eventually.TrueAsync(() => Count == count, $"the watch fired {count} times");
    }
}
