namespace ZkArrow.ZooKeeper.Tests.Ensemble;

/// <summary>A client with an ephemeral node of its own, and every state it went through since.</summary>
internal sealed class Owner
{
    private readonly ZkClient _client;
    private readonly long _session;
    private readonly string _path = $"/owned-{Guid.NewGuid():N}";

    private Owner(ZkClient client) => (_client, _session) = (client, client.SessionId);

    public Recorder<ZkStateChange> States { get; } = new();

    public static async Task<Owner> CreateAsync(ZkClient client)
    {
        Owner owner = new(client);
        await client.CreateAsync(owner._path, default, ZkCreateMode.Ephemeral);
        client.StateChanged += owner.States.Add;
        return owner;
    }

    /// <summary>Waits for an answer from the ensemble, and expects the same session with the same node.</summary>
    public async Task AssertKeptAsync()
    {
        using CancellationTokenSource bound = new(TimeSpan.FromSeconds(30));
        Assert.That((await _client.ExistsAsync(_path, ct: bound.Token)).Stat?.EphemeralOwner, Is.EqualTo(_session));
        await _client.SetDataAsync(_path, default, ct: bound.Token);
        Assert.That((_client.State, _client.SessionId), Is.EqualTo((ZkState.Connected, _session)));
    }

    /// <summary>Expects that the session was suspended and came back so many times, and nothing else.</summary>
    public async Task AssertMovedAsync(int times = 1)
    {
        await States.CountAsync(2 * times);
        await AssertKeptAsync();
        ZkStateChange suspended = new(ZkState.Connected, ZkState.Suspended, _session);
        ZkStateChange back = new(ZkState.Suspended, ZkState.Connected, _session);
        Assert.That(States.All, Is.EqualTo(Enumerable.Repeat<ZkStateChange[]>([suspended, back], times).SelectMany(static pair => pair)));
    }
}
