using Apache.Arrow;
using NUnit.Framework;
using ZkArrow.ArrowC;
using ZkArrow.Testing;
using ZkArrow.Tests.Datasets;

namespace ZkArrow.Tests.Ownership;

/// <summary>The connection of an owner goes, its session too, or the answers to what it asks.</summary>
[TestFixture]
public sealed class OwnerFaultTests : DatasetFixture
{
    /// <summary>What acquiring a known dataset asks first, when its head is known: the owner and the lock.</summary>
    private const int RepliesBeforeTaking = 2;

    private const int GetData = 4;

    private static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(300);

    private static readonly PublishOptions InHost = new() { Residency = Residency.Host };

    private ChaosProxy _proxy = null!;

    [SetUp]
    public void StartProxy() => _proxy = new ChaosProxy(Server.Port);

    [TearDown]
    public async Task StopProxy() => await _proxy.DisposeAsync();

    [Test]
    public async Task An_owner_whose_session_expired_goes_on_with_its_epoch_when_nobody_took_over()
    {
        ZkArrowClient client = await ConnectAsync(Short);
        ZkArrowClient witness = await ConnectAsync();
        await using ZkArrowOwner owner = await client.AcquireOwnershipAsync("a");
        await owner.PublishAsync(Int64(0, 1));
        List<OwnerState> told = [];
        owner.StateChanged += (_, state) =>
        {
            lock (told)
                told.Add(state);
        };
        Disconnect();
        await Eventually.TrueAsync(() => owner.State != OwnerState.Connected, "the connection is gone");
        using RecordBatch batch = Int64(1, 1);
        using ArrowTable table = BatchImport.From(batch.Schema, [batch]);
        ZkArrowException e = (await Assert.ThrowsAsync<ZkArrowException>(async () =>
            await client.PublishAsync("a", table, new PublishOptions { Owner = owner }, Soon, default)))!;
        Assert.That((e.Status, e.IsRetryable, e.IsOutcomeUnknown), Is.EqualTo((ZkArrowStatus.Unavailable, true, false)));
        await Eventually.TrueAsync(() => owner.State == OwnerState.Lost, "the session has run out");
        await Eventually.TrueAsync(() => Server.Log.Contains("Expiring session", StringComparison.Ordinal), "the server says so too");
        Assert.That(
            await StatusOf(async () => await witness.PublishAsync("a", Int64(5, 1))), Is.EqualTo(ZkArrowStatus.NotOwner), "it is still the owner's");
        Task<DatasetVersion> publish = owner.PublishAsync(batch).AsTask();
        _proxy.Refusing = false;
        DatasetVersion version = await publish;
        Assert.That((version.Number, version.Epoch, owner.Epoch), Is.EqualTo((2L, 1L, 1L)));
        await Eventually.TrueAsync(
            () =>
            {
                lock (told)
                    return told.IndexOf(OwnerState.Suspended) == 0 && told.IndexOf(OwnerState.Lost) is > 0 and var lost && told.LastIndexOf(OwnerState.Connected) > lost;
            },
            "all of it was told, in order");
        Assert.That(
            await StatusOf(async () => await witness.AcquireOwnershipAsync("a", new OwnershipOptions { Timeout = TimeSpan.FromMilliseconds(200) })),
            Is.EqualTo(ZkArrowStatus.Timeout),
            "the lock is back");
    }

    [Test]
    public async Task An_owner_whose_session_expired_is_fenced_when_somebody_took_over()
    {
        ZkArrowClient client = await ConnectAsync(Short);
        ZkArrowClient heir = await ConnectAsync();
        ZkArrowOwner owner = await client.AcquireOwnershipAsync("a");
        await owner.PublishAsync(Int64(0, 1), InHost);
        Disconnect();
        await using ZkArrowOwner next = await heir.AcquireOwnershipAsync("a");
        await next.PublishAsync(Int64(1, 1), InHost);
        await Eventually.TrueAsync(() => owner.State == OwnerState.Lost, "the session has run out here too");
        Task<DatasetVersion> late = owner.PublishAsync(Int64(2, 1), InHost).AsTask();
        Task<OwnerState> change = owner.WaitForChangeAsync(OwnerState.Lost).AsTask();
        _proxy.Refusing = false;
        ZkArrowException e = (await Assert.ThrowsAsync<ZkArrowException>(async () => await late))!;
        Assert.That(await StatusOf(async () => await change), Is.EqualTo(ZkArrowStatus.Fenced), "the state is final");
        Assert.That((e.Status, e.IsOutcomeUnknown), Is.EqualTo((ZkArrowStatus.Fenced, false)));
        Assert.That(e.Message, Does.Contain("epoch 1 was taken over by epoch 2"));
        Assert.That(owner.State, Is.EqualTo(OwnerState.Lost));
        Assert.That((await heir.HistoryAsync("a")).Select(version => version.Epoch), Is.EqualTo(new[] { 1L, 2L }));
        Assert.That(Directory.GetFiles(DataDirectory, "*.arrow", SearchOption.AllDirectories), Has.Length.EqualTo(2));
    }

    [Test]
    public async Task A_commit_whose_answer_was_lost_is_reported_done_though_another_owns_by_then()
    {
        ZkArrowClient client = await ConnectAsync(Patient);
        ZkArrowClient rival = await ConnectAsync();
        ZkArrowOwner owner = await client.AcquireOwnershipAsync("a");
        await owner.PublishAsync(Int64(0, 1));
        await SettleAsync();
        _proxy.LoseReply();
        _proxy.Refusing = true;
        Task<DatasetVersion> publish = owner.PublishAsync(Int64(1, 5)).AsTask();
        await Eventually.TrueAsync(async () => (await rival.StatAsync("a")).Number == 2, "it is applied");
        await using ZkArrowOwner next = await rival.AcquireOwnershipAsync("a", new OwnershipOptions { TakeOver = true });
        await next.PublishAsync(Int64(2, 7));
        _proxy.Refusing = false;
        DatasetVersion version = await publish;
        Assert.That((version.Number, version.Rows, version.Epoch), Is.EqualTo((2L, 5L, 1L)));
        Assert.That(await StatusOf(async () => await owner.PublishAsync(Int64(3, 1))), Is.EqualTo(ZkArrowStatus.Fenced));
    }

    [Test]
    public async Task An_acquisition_whose_answer_was_lost_is_found()
    {
        ZkArrowClient client = await ConnectAsync(Patient);
        ZkArrowClient witness = await ConnectAsync();
        await client.PublishAsync("a", Int64(0, 1));
        await client.StatAsync("a");
        _proxy.LoseReply(RepliesBeforeTaking + 1);
        await using ZkArrowOwner owner = await client.AcquireOwnershipAsync("a");
        Assert.That(owner.Epoch, Is.EqualTo(1), "no epoch was burnt");
        Assert.That((await owner.PublishAsync(Int64(1, 1))).Epoch, Is.EqualTo(1));
        Assert.That(
            await StatusOf(async () => await witness.AcquireOwnershipAsync("a", new OwnershipOptions { Timeout = TimeSpan.FromMilliseconds(200) })),
            Is.EqualTo(ZkArrowStatus.Timeout));
        Assert.That(_proxy.Connections, Is.GreaterThan(1), "the answer was lost");
    }

    [Test]
    public async Task An_acquisition_that_was_given_up_before_its_answer_came_is_given_back()
    {
        ZkArrowClient client = await ConnectAsync(Patient);
        ZkArrowClient witness = await ConnectAsync();
        await client.PublishAsync("a", Int64(0, 1));
        await client.StatAsync("a");
        _proxy.LoseReply(RepliesBeforeTaking + 1);
        _proxy.Refusing = true;
        using CancellationTokenSource cancel = new();
        Task acquiring = client.AcquireOwnershipAsync("a", cancellationToken: cancel.Token).AsTask();
        await Eventually.TrueAsync(async () => (await witness.DescribeAsync("a")).IsOwned, "the server has applied it");
        await cancel.CancelAsync();
        ZkArrowCanceledException e = (await Assert.ThrowsAsync<ZkArrowCanceledException>(async () => await acquiring))!;
        Assert.That(e.IsOutcomeUnknown, Is.False, "it is not owned, nor will be");
        _proxy.Refusing = false;
        await using ZkArrowOwner next = await witness.AcquireOwnershipAsync("a");
        Assert.That(next.Epoch, Is.EqualTo(2), "an epoch was burnt, and nothing else happened");
        Assert.That(client.State, Is.EqualTo(ClientState.Connected), "its session did not have to end for that");
    }

    [Test]
    public async Task A_release_whose_answer_was_lost_releases_once()
    {
        ZkArrowClient client = await ConnectAsync(Patient);
        ZkArrowClient witness = await ConnectAsync();
        ZkArrowOwner owner = await client.AcquireOwnershipAsync("a");
        await SettleAsync();
        _proxy.LoseReply();
        _proxy.Refusing = true;
        Task release = owner.ReleaseAsync().AsTask();
        await using ZkArrowOwner next = await witness.AcquireOwnershipAsync("a");
        _proxy.Refusing = false;
        await release;
        Assert.That((next.Epoch, next.State), Is.EqualTo((2L, OwnerState.Connected)), "the release sent again did not touch the heir");
        Assert.That((await next.PublishAsync(Int64(0, 1))).Epoch, Is.EqualTo(2));
    }

    [Test]
    public async Task A_release_that_cannot_be_told_in_time_goes_on_behind()
    {
        ZkArrowClient client = await ConnectAsync(Short);
        ZkArrowClient witness = await ConnectAsync();
        ZkArrowOwner owner = await client.AcquireOwnershipAsync("a");
        Disconnect();
        ZkArrowException e = (await Assert.ThrowsAsync<ZkArrowException>(async () => await owner.ReleaseAsync(Soon, default)))!;
        Assert.That((e.Status, owner.State), Is.EqualTo((ZkArrowStatus.Unavailable, OwnerState.Released)));
        _proxy.Refusing = false;
        await Eventually.TrueAsync(
            async () =>
            {
                try
                {
                    return (await witness.PublishAsync("a", Int64(0, 1))).Epoch == 0;
                }
                catch (ZkArrowException notYet) when (notYet.Status == ZkArrowStatus.NotOwner)
                {
                    return false;
                }
            },
            "it is free");
    }

    private static ZkArrowOptions Short(ZkArrowOptions options) => options with { SessionTimeout = TimeSpan.FromSeconds(2) };

    private static ZkArrowOptions Patient(ZkArrowOptions options) => options with { SessionTimeout = TimeSpan.FromSeconds(10) };

    private Task<ZkArrowClient> ConnectAsync(Func<ZkArrowOptions, ZkArrowOptions> change) =>
        ConnectAsync(change, Url.Replace(Server.ConnectString, _proxy.ConnectString, StringComparison.Ordinal));

    private void Disconnect()
    {
        _proxy.Refusing = true;
        _proxy.Cut();
    }

    /// <summary>Waits until the new owner has looked and has looked again, to set its watch: then the next request is the test's.</summary>
    private Task SettleAsync() => Eventually.TrueAsync(
        () => _proxy.Requests.Count(request => request.Op == GetData && request.Path.EndsWith("/own", StringComparison.Ordinal)) == 2 && _proxy.Replies == _proxy.Requests.Count,
        "the owner watches");
}
