namespace ZkArrow.Testing;

/// <summary>Three servers that hold one state together.</summary>
public sealed class ZooKeeperEnsemble : IAsyncDisposable
{
    private const int Size = 3;

    private ZooKeeperEnsemble(IReadOnlyList<ZooKeeperServer> servers) => Servers = servers;

    public IReadOnlyList<ZooKeeperServer> Servers { get; }
    public string ConnectString => string.Join(',', Servers.Select(static server => server.ConnectString));

    /// <summary>Starts three servers and waits until they serve. Each config is one line of every zoo.cfg.</summary>
    public static Task<ZooKeeperEnsemble> StartAsync(params string[] config) => StartAsync(new ServerSecurity(), config);

    /// <summary>Starts three servers with files for their security.</summary>
    public static async Task<ZooKeeperEnsemble> StartAsync(ServerSecurity security, params string[] config)
    {
        // another process may take one of the free ports first: try a few
        for (int attempt = 0; ; attempt++)
        {
            ZooKeeperEnsemble ensemble = Create(security, config);
            try
            {
                await Task.WhenAll(ensemble.Servers.Select(static server => server.LaunchAsync()));
                return ensemble;
            }
            catch (Exception exception) when (exception is InvalidOperationException or TimeoutException)
            {
                bool isBind = ensemble.Servers.Any(static server => server.Log.Contains("BindException"));
                await ensemble.DisposeAsync();
                if (!isBind || attempt == 3)
                    throw;
            }
        }
    }

    /// <summary>The member that leads now; waits for an election that is under way.</summary>
    public Task<ZooKeeperServer> LeaderAsync() => FindAsync("leader");

    /// <summary>A member that follows now.</summary>
    public Task<ZooKeeperServer> FollowerAsync() => FindAsync("follower");

    /// <summary>Restarts one member after the other; each serves again before the next one stops.</summary>
    public async Task RestartEachAsync()
    {
        foreach (ZooKeeperServer server in Servers)
            await server.RestartAsync();
    }

    /// <summary>Starts the members that do not run.</summary>
    public Task ReviveAsync() =>
        Task.WhenAll(Servers.Where(static server => !server.IsRunning).Select(static server => server.LaunchAsync()));

    public async ValueTask DisposeAsync()
    {
        foreach (ZooKeeperServer server in Servers)
            await server.DisposeAsync();
    }

    private static ZooKeeperEnsemble Create(ServerSecurity security, string[] config)
    {
        string[] members = [.. Enumerable.Range(1, Size).Select(static id =>
            $"server.{id}=127.0.0.1:{LoopbackPort.Free()}:{LoopbackPort.Free()}")];
        return new ZooKeeperEnsemble([.. Enumerable.Range(1, Size).Select(id =>
            ZooKeeperServer.Create(LoopbackPort.Free(), security, [$"myid={id}", .. members, .. config]))]);
    }

    private async Task<ZooKeeperServer> FindAsync(string mode)
    {
        ZooKeeperServer? found = null;
        await Eventually.TrueAsync(
            async () =>
            {
                foreach (ZooKeeperServer server in Servers)
                {
                    if (await server.ModeAsync() == mode)
                        found = server;
                }

                return found is not null;
            },
            $"the ensemble had a {mode}");
        return found!;
    }
}
