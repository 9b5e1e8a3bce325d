using System.Runtime.CompilerServices;
using ZkArrow.ZooKeeper;
using ZkArrow.ZooKeeper.Protocol;
using ZkArrow.ZooKeeper.Session;

namespace ZkArrow.Fuzz;

/// <summary>
/// The input is what a server sends to a connection on which every kind of request waits for its reply. The first byte
/// says how it is told: as the bytes of the stream, as a script of packets (see <see cref="ReplyScript"/>), or as the
/// words before the connection; the second byte says which request is the first.
/// </summary>
internal static class ReplyTarget
{
    private const int MaxReplyBytes = 1 << 20;
    // a string and its place in a list, for four bytes
    private const long MaxBytesPerByte = 64;
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);

    public static void Run(ReadOnlySpan<byte> input)
    {
        if (input.Length < 2) return;
        int how = input[0];
        ReadOnlySpan<byte> rest = input[2..];
        if ((how & 3) == 3)
            ReadWords(rest);
        else
            Talk((how & 3) == 0 ? rest.ToArray() : ReplyScript.ToStream(rest), pieces: 1 + (how >> 3), chroot: (how & 4) == 0 ? "" : "/c", first: input[1]);
    }

    private static void ReadWords(ReadOnlySpan<byte> word)
    {
        try
        {
            _ = ConnectResponse.Read(word);
        }
        catch (ZkProtocolException)
        {
        }

        try
        {
            DigestMd5 digest = new("user", "password", clientNonce: "n");
            digest.Respond(word);
            if (digest.IsProof(word)) throw new InvalidOperationException("a challenge was taken for a proof");
        }
        catch (ZkProtocolException)
        {
        }
    }

    private static void Talk(byte[] stream, int pieces, string chroot, byte first)
    {
        ZkClient client = Make(new ZkClientOptions { ConnectString = "127.0.0.1:1" + chroot, MaxReplyBytes = MaxReplyBytes });
        ZkSession session = client.Session;
        Task[] calls = Calls(client, first);
        Connection connection = new(session, new CannedStream(stream, pieces), timeoutMs: 600_000);
        bool start;
        lock (session.Gate)
        {
            connection.QueueAuth(new AuthEntry(new ZkAuth("digest", "u:p"u8.ToArray())));
            connection.QueueRearm(Requests.Ping());
            start = connection.TryStartWriting();
        }

        if (start) connection.Write();
        long before = GC.GetAllocatedBytesForCurrentThread();
        Task<string> reading = connection.RunAsync(CancellationToken.None);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        if (allocated > (3 * MaxReplyBytes) + (stream.Length * MaxBytesPerByte))
            throw new InvalidOperationException($"{allocated} bytes were allocated for {stream.Length} bytes of replies");
        if (!reading.Wait(Deadline)) throw new TimeoutException("the connection did not end");

        List<Request> sent;
        lock (session.Gate) sent = connection.TakeInFlight();
        foreach (Request request in sent) request.Fail(ZkErrorCode.ConnectionLoss, request.OutcomeWithoutReply, "");
        Task closing = client.DisposeAsync().AsTask();
        if (!Task.WaitAll([closing, .. calls], Deadline)) throw new TimeoutException("a call did not end");
    }

    /// <summary>One call of each kind; each may end in a result or in a failure of the client's own.</summary>
    private static Task[] Calls(ZkClient c, byte first)
    {
        Action<ZkWatchEvent> watcher = static _ => { };
        Func<Task>[] calls =
        [
            () => c.GetDataAsync("/a", watcher).AsTask(), () => c.ExistsAsync("/a/b", watcher).AsTask(),
            () => c.GetChildrenAsync("/a", watcher).AsTask(), () => c.CreateAsync("/a", default).AsTask(),
            () => c.SetDataAsync("/a", default).AsTask(), () => c.DeleteAsync("/a").AsTask(), () => c.GetAclAsync("/a").AsTask(),
            () => c.MultiAsync([ZkOp.Create("/a", default), ZkOp.SetData("/a", default), ZkOp.Delete("/a"), ZkOp.Check("/a", 1)]).AsTask(),
            () => c.MultiReadAsync([ZkReadOp.GetData("/a"), ZkReadOp.GetChildren("/a")]).AsTask(),
            () => c.AddWatchAsync("/a/w", ZkWatchMode.PersistentRecursive, watcher).AsTask(), () => c.SyncAsync("/a").AsTask(),
            () => c.GetEphemeralsAsync("/a").AsTask(), () => c.GetAllChildrenNumberAsync("/a").AsTask(), () => c.WhoAmIAsync().AsTask(),
            () => c.TryGetDataAsync("/a", watcher).AsTask(), () => c.RemoveWatchesAsync("/a").AsTask(), () => c.CheckWatchesAsync("/a").AsTask(),
            () => c.GetConfigAsync(watcher).AsTask(), () => c.TryMultiAsync([ZkOp.Delete("/a"), ZkOp.Delete("/b")]).AsTask(),
        ];
        return [.. Enumerable.Range(first, calls.Length).Select(i => OwnFailuresOnly(calls[i % calls.Length]()))];
    }

    private static async Task OwnFailuresOnly(Task call)
    {
        try
        {
            await call.ConfigureAwait(false);
        }
        catch (ZkException)
        {
        }
    }

    [UnsafeAccessor(UnsafeAccessorKind.Constructor)]
    private static extern ZkClient Make(ZkClientOptions options);

    /// <summary>Gives its bytes in pieces and then ends; what is written goes nowhere.</summary>
    private sealed class CannedStream(byte[] bytes, int pieces) : MemoryStream(bytes, writable: false)
    {
        private readonly int _most = Math.Max(1, bytes.Length / pieces);

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            new(Read(buffer.Span[..Math.Min(buffer.Length, _most)]));

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => default;
    }
}
