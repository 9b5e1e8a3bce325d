using ZkArrow.Testing;
using ZkArrow.ZooKeeper.Recipes;

namespace ZkArrow.ZooKeeper.Tests.Recipes;

public sealed class BarrierTests : RecipeTest
{
    [Test]
    public async Task A_gate_holds_everybody_until_it_is_opened()
    {
        ZkBarrier mine = new(Client, "/b/gate"), others = new(Other, "/b/gate");
        await mine.WaitAsync();
        await others.CloseAsync();
        await others.CloseAsync();
        Task waiting = mine.WaitAsync();
        await WatchedAsync("/b/gate");
        Assert.That(waiting.IsCompleted, Is.False);
        await Other.SetDataAsync("/b/gate", SharedServer.Bytes("still closed"));
        await WatchedAsync("/b/gate");
        Assert.That(waiting.IsCompleted, Is.False);
        await others.OpenAsync();
        await waiting;
        await others.OpenAsync();
    }

    [Test]
    public async Task An_opening_is_not_missed_when_the_connection_or_the_session_was_lost([Values] bool isSessionLost)
    {
        ZkBarrier mine = new(Client, "/gate"), others = new(Other, "/gate");
        await others.CloseAsync();
        Task waiting = mine.WaitAsync();
        await WatchedAsync("/gate");
        if (isSessionLost)
            await ExpireAsync(OpenAndCloseAsync);
        else
        {
            Proxy.Refusing = true;
            Proxy.Cut();
            await OpenAndCloseAsync();
            Proxy.Refusing = false;
        }

        await waiting.WaitAsync(TimeSpan.FromSeconds(30));

        async Task OpenAndCloseAsync()
        {
            await others.OpenAsync();
            await others.CloseAsync();
        }
    }

    [Test]
    public async Task A_wait_can_be_cancelled()
    {
        await new ZkBarrier(Other, "/gate").CloseAsync();
        using CancellationTokenSource source = new();
        Task waiting = new ZkBarrier(Client, "/gate").WaitAsync(source.Token);
        await WatchedAsync("/gate");
        await source.CancelAsync();
        Assert.That(async () => await waiting, Throws.InstanceOf<OperationCanceledException>());
    }

    [Test]
    public async Task Members_start_together_and_end_together()
    {
        ZkClient[] clients = [Client, Other, await NewClientAsync()];
        ZkDoubleBarrier[] members = [.. clients.Select(static c => new ZkDoubleBarrier(c, "/double", 3))];
        Task[] entering = [members[0].EnterAsync(), members[1].EnterAsync()];
        await ChildCountAsync("/double", 2);
        await CutAsync();
        Assert.That(entering.Any(static e => e.IsCompleted), Is.False);
        await members[2].EnterAsync();
        await Task.WhenAll(entering);

        Task[] leaving = [members[0].LeaveAsync(), members[1].LeaveAsync()];
        await WatchedAsync("/double/");
        Assert.That(leaving.Any(static e => e.IsCompleted), Is.False);
        await CutAsync();
        Assert.That(leaving.Any(static e => e.IsCompleted), Is.False);
        await members[2].LeaveAsync();
        await Task.WhenAll(leaving);
        await ChildCountAsync("/double", 0);
    }

    [Test]
    public async Task A_lost_reply_makes_no_second_member([Range(1, 4)] int reply)
    {
        await Other.CreateAsync("/double", default);
        Proxy.LoseReply(reply);
        Task entering = new ZkDoubleBarrier(Client, "/double", 2).EnterAsync();
        await Eventually.TrueAsync(() => Proxy.Connections == 2, "the reply was lost");
        await ChildCountAsync("/double", 1);
        Assert.That(entering.IsCompleted, Is.False);
        await new ZkDoubleBarrier(Other, "/double", 2).EnterAsync();
        await entering;
    }

    [Test]
    public async Task Who_gives_up_or_loses_the_session_is_no_member_any_more()
    {
        using CancellationTokenSource source = new();
        Task cancelled = new ZkDoubleBarrier(Client, "/double", 2).EnterAsync(source.Token);
        await ChildCountAsync("/double", 1);
        await source.CancelAsync();
        Assert.That(async () => await cancelled, Throws.InstanceOf<OperationCanceledException>());
        await ChildCountAsync("/double", 0);
        Task lost = new ZkDoubleBarrier(Client, "/double", 2).EnterAsync();
        await ChildCountAsync("/double", 1);
        await ExpireAsync();
        Assert.That(async () => await lost, Throws.InstanceOf<ZkSessionExpiredException>());
        await ChildCountAsync("/double", 0);
    }

    /// <summary>Waits until the server has the watch and the client knows it: replies come in order.</summary>
    private async Task WatchedAsync(string prefix)
    {
        await Eventually.TrueAsync(
            async () => (await WatchesAsync()).Keys.Any(p => p.StartsWith(prefix, StringComparison.Ordinal)), $"'{prefix}' was watched");
        await Client.ExistsAsync("/");
    }
}
