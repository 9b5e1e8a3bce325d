using ZkArrow.Testing;
using static ZkArrow.ZooKeeper.Tests.SharedServer;

namespace ZkArrow.ZooKeeper.Tests;

[CancelAfter(60_000)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class StreamTests
{
    private readonly CancellationTokenSource _stop = new(TimeSpan.FromSeconds(50));
    private ChaosProxy _proxy = null!;
    private ZkClient _client = null!;
    private ZkClient _other = null!;

    [SetUp]
    public async Task ConnectAsync()
    {
        string chroot = await NewChrootAsync();
        _proxy = RunSecurity.Proxy(Instance);
        _client = await SharedServer.ConnectAsync(_proxy.ConnectString + chroot);
        _other = await SharedServer.ConnectAsync(Instance.ConnectString + chroot);
    }

    [TearDown]
    public async Task CloseAsync()
    {
        await _client.DisposeAsync();
        await _other.DisposeAsync();
        await _proxy.DisposeAsync();
        _stop.Dispose();
    }

    [Test]
    public async Task Data_is_told_from_before_its_creation_to_after_its_deletion()
    {
        Recorder<string?> seen = FollowData("/x");
        Assert.That(await seen.CountAsync(1), Is.EqualTo(new string?[] { null }));
        await _other.CreateAsync("/x", Bytes("1"));
        await seen.CountAsync(2);
        await _other.SetDataAsync("/x", Bytes("2"));
        await seen.CountAsync(3);
        await _other.DeleteAsync("/x");
        await seen.CountAsync(4);
        await _other.CreateAsync("/x", Bytes("3"));
        Assert.That(await seen.CountAsync(5), Is.EqualTo(new[] { null, "1", "2", null, "3" }));
    }

    [Test]
    public async Task A_slow_reader_gets_the_newest_state_and_not_every_one()
    {
        await _other.CreateAsync("/x", Bytes("0"));
        await using IAsyncEnumerator<ZkData?> stream = _client.WatchDataAsync("/x").GetAsyncEnumerator(_stop.Token);
        Assert.That(await stream.MoveNextAsync(), Is.True);
        for (int i = 1; i <= 100; i++)
            await _other.SetDataAsync("/x", Bytes($"{i}"));
        await _client.SyncAsync("/x");
        int items = 0;
        do
        {
            Assert.That(await stream.MoveNextAsync(), Is.True);
            items++;
        }
        while (!stream.Current!.Value.Data.AsSpan().SequenceEqual(Bytes("100")));
        Assert.That(items, Is.LessThan(10));
    }

    [Test]
    public async Task Children_are_told_after_every_change_of_the_list()
    {
        Recorder<string> seen = new();
        _ = RunAsync(async () =>
        {
            await foreach (ZkChildren? children in _client.WatchChildrenAsync("/x", _stop.Token))
                seen.Add(children is { } some ? string.Join(',', some.Names.Order()) : "none");
        });
        await seen.CountAsync(1);
        await _other.CreateAsync("/x", default);
        await seen.CountAsync(2);
        await _other.CreateAsync("/x/b", default);
        await seen.CountAsync(3);
        await _other.SetDataAsync("/x", default); // no change of the list
        await _other.CreateAsync("/x/a", default);
        await seen.CountAsync(4);
        await _other.DeleteAsync("/x/b");
        Assert.That(await seen.CountAsync(5), Is.EqualTo(new[] { "none", "", "b", "a,b", "a" }));
    }

    [Test]
    public async Task A_tree_follows_creations_changes_and_deletions()
    {
        Recorder<string> seen = FollowTree("/t");
        Assert.That(await seen.CountAsync(1), Is.EqualTo(new[] { "" }));
        await _other.MultiAsync([ZkOp.Create("/t", Bytes("0")), ZkOp.Create("/t/a", Bytes("1")), ZkOp.Create("/t/a/b", Bytes("2"))]);
        await seen.ContainsAsync(static s => s == "/t=0 /t/a=1 /t/a/b=2", "the created tree was seen");
        await _other.SetDataAsync("/t/a/b", Bytes("3"));
        await seen.ContainsAsync(static s => s == "/t=0 /t/a=1 /t/a/b=3", "the change was seen");
        await _other.DeleteRecursiveAsync("/t/a");
        await seen.ContainsAsync(static s => s == "/t=0", "the deletion was seen");
    }

    [Test]
    public async Task Nothing_is_lost_by_reconnects_and_lost_replies()
    {
        await _other.CreateAsync("/x", Bytes("-1"));
        Recorder<string?> data = FollowData("/x");
        Recorder<string> tree = FollowTree("/x");
        await data.CountAsync(1);
        await tree.CountAsync(1);
        for (int round = 0; round < 30; round++)
        {
            switch (round % 3)
            {
                case 0:
                    _proxy.Cut();
                    break;
                case 1:
                    _proxy.LoseReply(); // the re-read after the event, or a part of it
                    break;
            }

            string expected = $"{round}";
            await _other.SetDataAsync("/x", Bytes(expected));
            await _other.CreateAsync($"/x/{round}", default);
            await data.ContainsAsync(seen => seen == expected, $"the data stream saw {round}");
            await tree.ContainsAsync(
                seen => seen.StartsWith($"/x={expected} ", StringComparison.Ordinal) && seen.Contains($"/x/{round}=", StringComparison.Ordinal),
                $"the tree stream saw {round}");
        }
    }

    [Test]
    public async Task Nothing_is_lost_with_the_session()
    {
        await _other.CreateAsync("/x", Bytes("1"));
        Recorder<string?> data = FollowData("/x");
        Recorder<string> tree = FollowTree("/");
        await data.CountAsync(1);
        await tree.CountAsync(1);
        long lost = _client.SessionId;
        _proxy.Refusing = true;
        await RawSession.CloseAsync(Instance, _client.Session);
        await _other.SetDataAsync("/x", Bytes("2"));
        await _other.CreateAsync("/y", Bytes("3"));
        _proxy.Refusing = false;
        await data.ContainsAsync(static seen => seen == "2", "the data stream went on in the new session");
        await tree.ContainsAsync(static seen => seen == "/= /x=2 /y=3", "the tree stream went on in the new session");
        Assert.That(_client.SessionId, Is.Not.EqualTo(lost));
        await _other.DeleteAsync("/y");
        await tree.ContainsAsync(static seen => seen == "/= /x=2", "it still follows");
    }

    [Test]
    public async Task Leaving_a_stream_leaves_no_watch_behind()
    {
        await _other.CreateAsync("/x", default);
        await foreach (ZkData? _ in _client.WatchDataAsync("/x", _stop.Token))
            break;
        await foreach (ZkTree _ in _client.WatchTreeAsync("/x", _stop.Token))
            break;
        Assert.That(_client.Session.Watches.IsEmpty, Is.True);
    }

    [Test]
    public async Task Cancelling_and_closing_end_a_stream()
    {
        using CancellationTokenSource source = new();
        await using IAsyncEnumerator<ZkData?> cancelled = _client.WatchDataAsync("/x", source.Token).GetAsyncEnumerator();
        await using IAsyncEnumerator<ZkTree> closed = _client.WatchTreeAsync("/x").GetAsyncEnumerator(_stop.Token);
        await cancelled.MoveNextAsync();
        await closed.MoveNextAsync();
        Task<bool> one = cancelled.MoveNextAsync().AsTask();
        Task<bool> two = closed.MoveNextAsync().AsTask();
        await source.CancelAsync();
        Assert.That(async () => await one, Throws.InstanceOf<OperationCanceledException>());
        await _client.DisposeAsync();
        Assert.That(async () => await two, Throws.InstanceOf<ZkClosedException>());
    }

    private Recorder<string?> FollowData(string path)
    {
        Recorder<string?> seen = new();
        _ = RunAsync(async () =>
        {
            await foreach (ZkData? data in _client.WatchDataAsync(path, _stop.Token))
                seen.Add(data is { } some ? Text(some.Data) : null);
        });
        return seen;
    }

    private Recorder<string> FollowTree(string path)
    {
        Recorder<string> seen = new();
        _ = RunAsync(async () =>
        {
            await foreach (ZkTree tree in _client.WatchTreeAsync(path, _stop.Token))
                seen.Add(string.Join(' ', tree.Nodes.Select(static node => $"{node.Key}={Text(node.Value.Data)}")));
        });
        return seen;
    }

    private static string Text(byte[] data) => System.Text.Encoding.UTF8.GetString(data);

    private static async Task RunAsync(Func<Task> follow)
    {
        try
        {
            await follow();
        }
        catch (ZkClosedException)
        {
            // the test is over
        }
    }
}
