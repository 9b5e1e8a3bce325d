using System.Globalization;
using System.Text;
using NUnit.Framework;
using ZkArrow.Coordination;
using ZkArrow.Testing;
using ZkArrow.Tests.Segments;

namespace ZkArrow.Tests.Coordination;

/// <summary>What <see cref="ICoordinator"/> promises, on both.</summary>
[TestFixture("zk")]
[TestFixture("local")]
public class CoordinatorConformance(string kind) : CoordinatorFixture(kind)
{
    private string A => Root + "/a";

    [Test]
    public async Task ANodeIsReadAsItWasWritten()
    {
        ICoordinator one = await OpenAsync(), two = await OpenAsync();
        TreeAnswer made = await one.CommitAsync([TreeOp.Create(A, Text("1"))], default);
        TreeAnswer set = await one.CommitAsync([TreeOp.Set(A, Text("2"), 0)], default);
        await two.SyncAsync(default);
        Node node = (await two.GetAsync(A, null, default))!;
        Assert.Multiple(() =>
        {
            Assert.That(Encoding.UTF8.GetString(node.Data), Is.EqualTo("2"));
            Assert.That((node.StatVersion, node.CreatedAt, node.ModifiedAt, node.SessionId), Is.EqualTo((1, made.CommittedAt, set.CommittedAt, 0L)));
            Assert.That(set.CommittedAt, Is.GreaterThan(made.CommittedAt));
            Assert.That(node.ReadAt, Is.GreaterThanOrEqualTo(set.CommittedAt));
            Assert.That(made.StatVersions, Is.EqualTo(new[] { 0 }));
            Assert.That(set.StatVersions, Is.EqualTo(new[] { 1 }));
        });
    }

    [Test]
    public async Task DataOfAnyLengthComesBack([Values(0, 1, 4096, 500_000)] int length)
    {
        ICoordinator one = await OpenAsync();
        byte[] data = [.. Enumerable.Range(0, length).Select(i => (byte)i)];
        await one.CommitAsync([TreeOp.Create(A, data)], default);
        Assert.That((await one.GetAsync(A, null, default))!.Data, Is.EqualTo(data));
    }

    [Test]
    public async Task WhatDoesNotExistIsNull()
    {
        ICoordinator one = await OpenAsync();
        Assert.Multiple(async () =>
        {
            Assert.That(await one.GetAsync(A, null, default), Is.Null);
            Assert.That(await one.ExistsAsync(A, null, default), Is.False);
            Assert.That(await one.ChildrenAsync(A, default), Is.Null);
            Assert.That(await one.ChildrenAsync(Root, default), Is.Empty);
            Assert.That(await one.ExistsAsync(Root, null, default), Is.True);
        });
    }

    [Test]
    public async Task ChildrenAreTheDirectOnes()
    {
        ICoordinator one = await OpenAsync();
        await one.CommitAsync([TreeOp.Create(A, default), TreeOp.Create(A + "/x", default), TreeOp.Create(A + "/x/y", default), TreeOp.Create(A + "%2F", default)], default);
        Assert.That(await one.ChildrenAsync(Root, default), Is.EquivalentTo(new[] { "a", "a%2F" }));
        Assert.That(await one.ChildrenAsync(A, default), Is.EqualTo(new[] { "x" }));
        Assert.That(await one.ChildrenAsync("/", default), Does.Contain(Root[1..]));
    }

    public static IEnumerable<TestCaseData> Refusals()
    {
        static TestCaseData Case(string name, TreeRefusal refusal, int at, int code, params Func<string, TreeOp>[] operations) =>
            new TestCaseData(refusal, at, code, operations).SetArgDisplayNames(name);

        ReadOnlyMemory<byte> none = default;
        yield return Case("create what exists", TreeRefusal.NodeExists, 0, -110, r => TreeOp.Create(r + "/there", none));
        yield return Case("create without a parent", TreeRefusal.NoNode, 0, -101, r => TreeOp.Create(r + "/no/x", none));
        yield return Case("create below a bound one", TreeRefusal.Other, 0, -108, r => TreeOp.Create(r + "/bound/x", none));
        yield return Case("set what is not there", TreeRefusal.NoNode, 0, -101, r => TreeOp.Set(r + "/no", none, 0));
        yield return Case("set another version", TreeRefusal.BadVersion, 0, -103, r => TreeOp.Set(r + "/there", none, 7));
        yield return Case("delete what is not there", TreeRefusal.NoNode, 0, -101, r => TreeOp.Delete(r + "/no", TreeOp.Exists));
        yield return Case("delete another version", TreeRefusal.BadVersion, 0, -103, r => TreeOp.Delete(r + "/there", 7));
        yield return Case("delete one with children", TreeRefusal.NotEmpty, 0, -111, r => TreeOp.Delete(r + "/full", TreeOp.Exists));
        yield return Case("check what is not there", TreeRefusal.NoNode, 0, -101, r => TreeOp.Check(r + "/no", TreeOp.Exists));
        yield return Case("check another version", TreeRefusal.BadVersion, 0, -103, r => TreeOp.Check(r + "/there", 1));
        yield return Case("the third of four", TreeRefusal.BadVersion, 2, -103,
            r => TreeOp.Create(r + "/new", none), r => TreeOp.Set(r + "/there", none, 0), r => TreeOp.Check(r + "/there", 0), r => TreeOp.Delete(r + "/no", 0));
        yield return Case("what an earlier one made", TreeRefusal.NodeExists, 1, -110, r => TreeOp.Create(r + "/new", none), r => TreeOp.Create(r + "/new", none));
        yield return Case("what an earlier one took", TreeRefusal.NoNode, 1, -101, r => TreeOp.Delete(r + "/there", 0), r => TreeOp.Set(r + "/there", none, -1));
        yield return Case("a child comes first", TreeRefusal.NoNode, 0, -101, r => TreeOp.Create(r + "/new/x", none), r => TreeOp.Create(r + "/new", none));
    }

    [TestCaseSource(nameof(Refusals))]
    public async Task ARefusalNamesItsReasonAndPlaceAndChangesNothing(object refusal, int at, int code, object operations)
    {
        ICoordinator one = await OpenAsync();
        TreeAnswer start = await one.CommitAsync(
            [TreeOp.Create(Root + "/there", Text("x")), TreeOp.Create(Root + "/full", default), TreeOp.Create(Root + "/full/x", default), TreeOp.CreateBound(Root + "/bound", default)],
            default);
        Assert.That(start.Committed, Is.True);
        TreeAnswer answer = await one.CommitAsync([.. ((Func<string, TreeOp>[])operations).Select(make => make(Root))], default);
        Assert.That((answer.Committed, answer.Refusal, answer.RefusedAt, answer.KeeperCode), Is.EqualTo((false, (TreeRefusal)refusal, at, code)));
        Assert.That(await one.ChildrenAsync(Root, default), Is.EquivalentTo(new[] { "there", "full", "bound" }));
        Node there = (await one.GetAsync(Root + "/there", null, default))!;
        Assert.That((there.StatVersion, there.Data.Length, there.ModifiedAt), Is.EqualTo((0, 1, start.CommittedAt)));
    }

    [Test]
    public async Task OneCommitHasOneNumberAndEachOperationSeesThoseBefore()
    {
        ICoordinator one = await OpenAsync();
        await one.CommitAsync([TreeOp.Create(Root + "/old", default)], default);
        TreeAnswer answer = await one.CommitAsync(
            [
                TreeOp.Create(A, default), TreeOp.Set(A, Text("1"), 0), TreeOp.Set(A, Text("2"), 1), TreeOp.Check(A, 2), TreeOp.Create(A + "/x", default),
                TreeOp.Delete(A + "/x", 0), TreeOp.Set(Root + "/old", Text("3"), TreeOp.Exists), TreeOp.Check(Root, TreeOp.Exists),
            ],
            default);
        Node a = (await one.GetAsync(A, null, default))!, old = (await one.GetAsync(Root + "/old", null, default))!;
        Assert.Multiple(() =>
        {
            Assert.That(answer.StatVersions, Is.EqualTo(new[] { 0, 1, 2, 0, 0, 0, 1, 0 }));
            Assert.That((a.CreatedAt, a.ModifiedAt, old.ModifiedAt), Is.EqualTo((answer.CommittedAt, answer.CommittedAt, answer.CommittedAt)));
            Assert.That(Encoding.UTF8.GetString(a.Data), Is.EqualTo("2"));
        });
    }

    [Test]
    public async Task AWatchFiresOnceForAChangeByAnybody([Values("set", "delete")] string change, [Values] bool bySelf)
    {
        ICoordinator one = await OpenAsync(), two = bySelf ? one : await OpenAsync();
        await one.CommitAsync([TreeOp.Create(A, default), TreeOp.Create(A + "b", default)], default);
        await two.SyncAsync(default);
        (NodeWatch watch, Counted fired) = Watch();
        await one.GetAsync(A, watch, default);
        await one.ExistsAsync(A, watch, default);
        await two.CommitAsync([TreeOp.Set(A + "b", default, 0)], default);
        await two.CommitAsync([change == "set" ? TreeOp.Set(A, default, 0) : TreeOp.Delete(A, 0)], default);
        await fired.BeAsync(1);

        // one that is not set again hears no more: the next watch, told after it, proves that its news came
        await two.CommitAsync([change == "set" ? TreeOp.Set(A, default, 1) : TreeOp.Create(A, default)], default);
        (NodeWatch next, Counted nextFired) = Watch();
        await one.SyncAsync(default);
        await one.GetAsync(A, next, default);
        await two.CommitAsync([TreeOp.Set(A, default, TreeOp.Exists)], default);
        await nextFired.BeAsync(1);
        Assert.That(fired.Count, Is.EqualTo(1));
    }

    [Test]
    public async Task AWatchOnWhatIsMissingFiresWhenItIsMade()
    {
        ICoordinator one = await OpenAsync(), two = await OpenAsync();
        (NodeWatch exists, Counted made) = Watch();
        (NodeWatch get, Counted never) = Watch();
        Assert.That(await one.ExistsAsync(A, exists, default), Is.False);
        Assert.That(await one.GetAsync(A, get, default), Is.Null);
        await two.CommitAsync([TreeOp.Create(A, default)], default);
        await made.BeAsync(1);
        Assert.That(never.Count, Is.Zero, "a read of nothing sets no watch");
    }

    [Test]
    public async Task ARefusedCommitFiresNothing()
    {
        ICoordinator one = await OpenAsync(), two = await OpenAsync();
        await one.CommitAsync([TreeOp.Create(A, default)], default);
        await two.SyncAsync(default);
        (NodeWatch watch, Counted fired) = Watch();
        await one.GetAsync(A, watch, default);
        await two.CommitAsync([TreeOp.Set(A, default, 0), TreeOp.Check(Root + "/no", TreeOp.Exists)], default);
        (NodeWatch other, Counted otherFired) = Watch();
        await one.ExistsAsync(A + "b", other, default);
        await two.CommitAsync([TreeOp.Create(A + "b", default)], default);
        await otherFired.BeAsync(1);
        Assert.That(fired.Count, Is.Zero);
    }

    [Test]
    public async Task NoChangeAfterAReadIsMissed()
    {
        const int Changes = 200;
        ICoordinator one = await OpenAsync(), two = await OpenAsync();
        await one.CommitAsync([TreeOp.Create(A, Text("0"))], default);
        Task writer = Task.Run(async () =>
        {
            for (int i = 1; i <= Changes; i++)
                await two.CommitAsync([TreeOp.Set(A, Text(i.ToString(CultureInfo.InvariantCulture)), i - 1)], default);
        });
        while (true)
        {
            TaskCompletionSource changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
            Node node = (await one.GetAsync(A, new NodeWatch(() => changed.TrySetResult()), default))!;
            Assert.That(Encoding.UTF8.GetString(node.Data), Is.EqualTo(node.StatVersion.ToString(CultureInfo.InvariantCulture)));
            if (node.StatVersion == Changes)
                break;
            await changed.Task.WaitAsync(TimeSpan.FromSeconds(30));
        }

        await writer;
    }

    [Test]
    public async Task BoundNodesGoWithTheirSessionAndWhoWatchesIsTold()
    {
        ICoordinator one = await OpenAsync(), two = await ConnectAsync(Url);
        await two.CommitAsync([TreeOp.CreateBound(A, Text("x"))], default);
        await one.SyncAsync(default);
        (NodeWatch watch, Counted fired) = Watch();
        Assert.That((await one.GetAsync(A, watch, default))!.SessionId, Is.EqualTo(two.SessionId));
        Assert.That(one.SessionId, Is.Not.EqualTo(two.SessionId));
        await two.DisposeAsync();
        await fired.BeAsync(1);
        Assert.That(await one.GetAsync(A, null, default), Is.Null);
        Assert.That(two.State, Is.EqualTo(CoordinatorState.Closed));
    }

    [Test]
    public async Task AKilledProcessLeavesNoBoundNodes()
    {
        ICoordinator one = await OpenAsync();
        (NodeWatch watch, Counted fired) = Watch();
        using (ChildProcess child = ChildProcess.Start("bind", Url, A))
        {
            await one.SyncAsync(default);
            Assert.That(await one.ExistsAsync(A, watch, default), Is.True);
            child.Kill();
        }

        await fired.BeAsync(1);
        await one.SyncAsync(default);
        Assert.That((await one.CommitAsync([TreeOp.CreateBound(A, default)], default)).Committed, Is.True);
    }

    [Test]
    public async Task CompareAndSetLosesNoIncrementOfTasksAndProcesses()
    {
        const int Tasks = 8, Each = 25;
        ICoordinator one = await OpenAsync();
        await one.CommitAsync([TreeOp.Create(A, Text("0"))], default);
        using ChildProcess child = ChildProcess.Start("increment", Url, A, Each.ToString(CultureInfo.InvariantCulture));
        await Task.WhenAll(Enumerable.Range(0, Tasks).Select(_ => Task.Run(async () =>
        {
            await using ICoordinator own = await ConnectAsync(Url);
            await IncrementAsync(own, A, Each);
        })));
        await Eventually.TrueAsync(
            async () => Encoding.UTF8.GetString((await one.GetAsync(A, null, default))!.Data) == ((Tasks + 1) * Each).ToString(CultureInfo.InvariantCulture),
            "all increments were counted");
        Assert.That((await one.GetAsync(A, null, default))!.StatVersion, Is.EqualTo((Tasks + 1) * Each));
    }

    [Test]
    public async Task ACancelledCallSaysSo()
    {
        ICoordinator one = await OpenAsync();
        CancellationToken cancelled = new(canceled: true);
        CoordinatorException commit = (await Assert.ThrowsAsync<CoordinatorException>(
            async () => await one.CommitAsync([TreeOp.Create(A, default)], cancelled)))!;
        Assert.That((commit.Status, commit.MayBeApplied), Is.EqualTo((ZkArrowStatus.Cancelled, false)));
        Assert.That(await one.ExistsAsync(A, null, default), Is.False);
    }

    [Test]
    public async Task AClosedCoordinatorTellsItsWatchesAndRefuses()
    {
        ICoordinator one = await OpenAsync();
        List<CoordinatorState> states = [];
        one.StateChanged += states.Add;
        (NodeWatch watch, Counted fired) = Watch();
        Assert.That(one.State, Is.EqualTo(CoordinatorState.Connected));
        Assert.That(one.SessionTimeout == Timeout.InfiniteTimeSpan, Is.EqualTo(Url.StartsWith("local:", StringComparison.Ordinal)));
        Assert.That(one.SessionTimeout < TimeSpan.Zero || one.SinceLastHeard < one.SessionTimeout, Is.True);
        await one.ExistsAsync(A, watch, default);
        await one.DisposeAsync();
        await one.DisposeAsync();
        await fired.BeAsync(1);
        Assert.That(states, Is.EqualTo(new[] { CoordinatorState.Closed }));
        Assert.That((await Assert.ThrowsAsync<CoordinatorException>(async () => await one.GetAsync(A, null, default)))!.Status, Is.EqualTo(ZkArrowStatus.InvalidHandle));
        Assert.That((await Assert.ThrowsAsync<CoordinatorException>(async () => await one.CommitAsync([TreeOp.Delete(A, 0)], default)))!.Status, Is.EqualTo(ZkArrowStatus.InvalidHandle));
    }

    internal static async Task IncrementAsync(ICoordinator one, string path, int times)
    {
        for (int done = 0; done < times;)
        {
            Node node = (await one.GetAsync(path, null, default))!;
            int next = int.Parse(Encoding.UTF8.GetString(node.Data), CultureInfo.InvariantCulture) + 1;
            TreeAnswer answer = await one.CommitAsync([TreeOp.Set(path, Text(next.ToString(CultureInfo.InvariantCulture)), node.StatVersion)], default);
            if (answer.Committed)
                done++;
        }
    }

    private static ReadOnlyMemory<byte> Text(string text) => Encoding.UTF8.GetBytes(text);
}
