using ZkArrow.Testing;

namespace ZkArrow.ZooKeeper.Tests.Ensemble;

/// <summary>One client's ways to the members of an ensemble, so that a test decides which member it is with.</summary>
internal sealed class Routes(ZooKeeperEnsemble ensemble) : IAsyncDisposable
{
    private readonly ChaosProxy[] _proxies = [.. ensemble.Servers.Select(RunSecurity.Proxy)];

    public ChaosProxy To(ZooKeeperServer server) => _proxies[ensemble.Servers.ToList().IndexOf(server)];

    /// <summary>Connects to this member; the ways to the others are opened afterwards.</summary>
    public async Task<ZkClient> ConnectAsync(ZooKeeperServer server, TimeSpan timeout)
    {
        foreach (ChaosProxy proxy in _proxies)
            proxy.Refusing = proxy != To(server);
        ZkClient client = await SharedServer.ConnectAsync(
            string.Join(',', _proxies.Select(static proxy => proxy.ConnectString)), timeout);
        OpenAll();
        return client;
    }

    /// <summary>Cuts the client off from all members.</summary>
    public void CloseAll()
    {
        // all are shut before the first is cut, or the client would be with the next one at once
        foreach (ChaosProxy proxy in _proxies)
            proxy.Refusing = true;
        foreach (ChaosProxy proxy in _proxies)
            proxy.Cut();
    }

    public void OpenAll()
    {
        foreach (ChaosProxy proxy in _proxies)
            proxy.Refusing = false;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (ChaosProxy proxy in _proxies)
            await proxy.DisposeAsync();
    }
}
