using ZkArrow.Testing;

namespace ZkArrow.ZooKeeper.Tests.Recipes;

/// <summary>A client behind a proxy, whose connection and session can be broken, and others that look on.</summary>
[CancelAfter(90_000)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public abstract class RecipeTest
{
    private readonly List<ZkClient> _others = [];

    protected string Chroot { get; private set; } = null!;
    protected ChaosProxy Proxy { get; private set; } = null!;
    protected ZkClient Client { get; private set; } = null!;
    protected ZkClient Other { get; private set; } = null!;

    [SetUp]
    public async Task ConnectAsync()
    {
        Chroot = await SharedServer.NewChrootAsync();
        Proxy = RunSecurity.Proxy(SharedServer.Instance);
        Client = await SharedServer.ConnectAsync(Proxy.ConnectString + Chroot, TimeSpan.FromSeconds(3));
        Other = await NewClientAsync();
    }

    [TearDown]
    public async Task CloseAsync()
    {
        Proxy.Refusing = true; // no waiting for a close that a test does not ask for
        Proxy.Cut();
        await Client.DisposeAsync();
        await Task.WhenAll(_others.Select(static c => c.DisposeAsync().AsTask()));
        await Proxy.DisposeAsync();
    }

    protected async Task<ZkClient> NewClientAsync()
    {
        ZkClient client = await SharedServer.ConnectAsync(SharedServer.Instance.ConnectString + Chroot);
        _others.Add(client);
        return client;
    }

    protected async Task<string[]> ChildrenAsync(string path) =>
        [.. (await Other.GetChildrenAsync(path)).Names.Where(static n => n != "epoch").Order()];

    protected Task ChildCountAsync(string path, int count) => Eventually.TrueAsync(
        async () =>
        {
            try
            {
                return (await ChildrenAsync(path)).Length == count;
            }
            catch (ZkNoNodeException)
            {
                return count == 0;
            }
        },
        $"'{path}' had {count} children");

    /// <summary>Breaks the connection and waits until it is back.</summary>
    protected async Task CutAsync()
    {
        Recorder<ZkStateChange> states = new();
        Client.StateChanged += states.Add;
        Proxy.Cut();
        await states.ContainsAsync(static s => s.Current == ZkState.Connected, "the connection was back");
        Client.StateChanged -= states.Add;
    }

    /// <summary>Keeps the client away until its session is lost, here and on the server, and lets it make a new one.</summary>
    protected async Task ExpireAsync(Func<Task>? whileAway = null)
    {
        long session = Client.SessionId;
        Proxy.Refusing = true;
        Proxy.Cut();
        await Eventually.TrueAsync(() => Client.State == ZkState.Lost, "the client gave its session up");
        if (whileAway is not null)
            await whileAway();
        Proxy.Refusing = false;
        await Eventually.TrueAsync(() => Client.State == ZkState.Connected && Client.SessionId != session, "a new session was made");
    }

    protected static Task FiredAsync(CancellationToken token, string what) =>
        Eventually.TrueAsync(() => token.IsCancellationRequested, what);

    /// <summary>How many sessions watch the data of each node below the chroot; the server tells no watches of lists.</summary>
    protected async Task<Dictionary<string, int>> WatchesAsync()
    {
        Dictionary<string, int> watches = [];
        string path = "";
        foreach (string line in (await SharedServer.Instance.AskAsync("wchp")).Split('\n'))
        {
            if (line.StartsWith('/'))
                path = line.Trim();
            else if (line.Length > 0 && path.StartsWith(Chroot + "/", StringComparison.Ordinal))
                watches[path[Chroot.Length..]] = watches.GetValueOrDefault(path[Chroot.Length..]) + 1;
        }

        return watches;
    }
}
