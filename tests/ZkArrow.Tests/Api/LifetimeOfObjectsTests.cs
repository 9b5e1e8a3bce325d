using System.Reflection;
using Apache.Arrow;
using Apache.Arrow.Ipc;
using NUnit.Framework;
using ZkArrow.ArrowC;

namespace ZkArrow.Tests.Api;

/// <summary>Cancelling and disposing, of everything that can be.</summary>
[CancelAfter(60_000)]
public sealed class LifetimeOfObjectsTests
{
    private LocalNamespace _space = null!;
    private ZkArrowClient _client = null!;

    [SetUp]
    public async Task Open()
    {
        _space = new LocalNamespace();
        _client = await ZkArrowClient.ConnectAsync(_space.Url);
        await _client.PublishAsync("t", LocalNamespace.Row());
        (await _client.ReadAsync("t")).Dispose();
    }

    [TearDown]
    public async Task Close()
    {
        await _client.DisposeAsync();
        _space.Dispose();
    }

    [Test]
    public async Task A_token_that_has_fired_ends_every_call_and_is_in_the_exception()
    {
        using CancellationTokenSource fired = new();
        await fired.CancelAsync();
        await using ZkArrowOwner owner = await _client.AcquireOwnershipAsync("owned");
        using ZkArrowLoan loan = _client.Loan(LocalNamespace.Row().Schema, 1);
        using ZkArrowTransaction transaction = _client.BeginTransaction();
        List<string> wrong = [];
        foreach (object target in (object[])[_client, owner, loan, transaction])
        {
            foreach (MethodInfo method in target.GetType().GetMethods().Where(static m => m.GetParameters().LastOrDefault()?.ParameterType == typeof(CancellationToken))
                // a release is done whether or not anybody waits for it
                .Where(static m => m.Name != nameof(ZkArrowOwner.ReleaseAsync)))
            {
                Exception? thrown = await ThrownByAsync(method, target, loan, fired.Token);
                if (thrown is not OperationCanceledException { CancellationToken: var token } || token != fired.Token)
                    wrong.Add($"{target.GetType().Name}.{method.Name}: {thrown?.GetType().Name ?? "nothing"} {thrown?.Message}");
            }
        }

        Assert.That(wrong, Is.Empty);
        Assert.That((await _client.StatAsync("t")).Number, Is.EqualTo(1), "nothing was published");
    }

    [Test]
    public async Task Everything_may_be_disposed_twice_and_by_many_threads_at_once()
    {
        long batches = ArrowCounters.LiveBoxes;
        for (int i = 0; i < 50; i++)
        {
            ZkArrowClient client = await ZkArrowClient.ConnectAsync(_space.Url);
            object[] all =
            [
                await client.ReadAsync("t"), await client.SnapshotAsync(["t"]), client.BeginTransaction(), client.Loan(LocalNamespace.Row().Schema, 1),
                await client.AcquireOwnershipAsync("owned"), client,
            ];
            foreach (object one in all)
            {
                await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => DisposeAsync(one))));
                await DisposeAsync(one);
            }
        }

        Assert.That(ArrowCounters.LiveBoxes, Is.EqualTo(batches));
    }

    private static async Task DisposeAsync(object one)
    {
        if (one is IAsyncDisposable waits)
            await waits.DisposeAsync();
        else
            ((IDisposable)one).Dispose();
    }

    private async Task<Exception?> ThrownByAsync(MethodInfo method, object target, ZkArrowLoan loan, CancellationToken token)
    {
        object?[] arguments = [.. method.GetParameters().Select(parameter => parameter.ParameterType switch
        {
            Type t when t == typeof(CancellationToken) => (object?)token,
            Type t when t == typeof(RecordBatch) => LocalNamespace.Row(),
            Type t when t == typeof(IArrowArrayStream) => new OneRow(),
            Type t when t == typeof(ZkArrowLoan) => loan,
            Type t when t == typeof(DatasetOptions) => new DatasetOptions(),
            Type t when t == typeof(OwnerState) => OwnerState.Connected,
            Type t when t == typeof(TimeSpan) => TimeSpan.FromHours(1),
            _ when parameter.HasDefaultValue => parameter.DefaultValue,
            Type t when t == typeof(string) => parameter.Name == "url" ? _space.Url : "t",
            Type t when t == typeof(long) => 1L,
            Type t => throw new InvalidOperationException($"{method.Name} takes a {t.Name}; say here what to give it"),
        })];
        try
        {
            object result = method.Invoke(target, arguments)!;
            if (result is IAsyncEnumerable<DatasetVersion> versions)
                await versions.GetAsyncEnumerator(token).MoveNextAsync();
            else if (result is ValueTask task)
                await task;
            else
                await (Task)result.GetType().GetMethod("AsTask")!.Invoke(result, null)!;
            return null;
        }
        catch (TargetInvocationException e)
        {
            return e.InnerException;
        }
        catch (Exception e) when (e is OperationCanceledException or ZkArrowException)
        {
            return e;
        }
    }

    private sealed class OneRow : IArrowArrayStream
    {
        private bool _given;

        public Schema Schema { get; } = LocalNamespace.Row().Schema;

        public ValueTask<RecordBatch> ReadNextRecordBatchAsync(CancellationToken cancellationToken = default)
        {
            RecordBatch? next = _given ? null : LocalNamespace.Row();
            _given = true;
            return new ValueTask<RecordBatch>(next!);
        }

        public void Dispose()
        {
        }
    }
}
