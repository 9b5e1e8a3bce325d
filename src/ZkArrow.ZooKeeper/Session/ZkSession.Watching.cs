using ZkArrow.ZooKeeper.Protocol;

namespace ZkArrow.ZooKeeper.Session;

/// <summary>The part that keeps watches and delivers their events.</summary>
internal sealed partial class ZkSession
{
    // as other clients do it: far below what a server accepts in one packet
    private const int RearmPacketBytes = 128 << 10;
    private const int OneShotLists = 3;
    private const int AllLists = 5;
    private const int RemoveAnyWatch = 3;

    public void OnNotification(ref JuteReader reader, long zxid)
    {
        ZkEventType type = (ZkEventType)reader.ReadInt();
        reader.ReadInt(); // the server's idea of our state, which we know better
        string path = reader.ReadString();
        if (type is < ZkEventType.NodeCreated or > ZkEventType.NodeChildrenChanged)
            return;
        lock (Gate)
        {
            Post(Watches.Fire(type, path), type, path, zxid);
            Post(Watches.FireCoveredParent(type, path, out string parent), ZkEventType.NodeChildrenChanged, parent, zxid);
        }
    }

    /// <summary>Under the gate, when a reply came: from now on its watcher waits for events.</summary>
    public void RegisterWatch(Request request, ZkErrorCode error)
    {
        if (request.RemovesWatches is { } type && error is (ZkErrorCode.Ok or ZkErrorCode.NoWatcher))
            Watches.RemoveOneShots(request.WatchPath, type);
        if (!request.Answers(error))
            return;
        if (request.PersistentWatch is { } watch)
            Watches.AddPersistent(watch);
        else if (request.Watcher is { } watcher)
        {
            WatchKind kind = request.WatchKind == WatchKind.Exists && error == ZkErrorCode.Ok ? WatchKind.Data : request.WatchKind;
            Watches.AddOneShot(kind, request.WatchPath, watcher);
        }
    }

    /// <summary>The server answered a frame that arms watches again.</summary>
    public void OnRearmed(ZkErrorCode error, bool isLast)
    {
        lock (Gate)
        {
            if (error != ZkErrorCode.Ok)
            {
                _logger.RearmFailed(error);
                foreach ((string path, Action<ZkWatchEvent> watcher) in Watches.TakeAllOneShots())
                    Post([watcher], ZkEventType.Resync, path, -1);
            }

            // servers arm persistent watches again but do not replay what they missed
            if (!isLast)
                return;
            foreach (PersistentWatch watch in Watches.AllPersistent())
                Post([watch.Watcher], ZkEventType.Resync, watch.Path, -1);
        }
    }

    /// <summary>Takes a persistent watch away, here and, when it was the last of its path, on the server.</summary>
    public async ValueTask RemoveWatchAsync(PersistentWatch watch)
    {
        Request<bool>? request = null;
        Connection? writer = null;
        lock (Gate)
        {
            if (!Watches.Release(watch))
                return;
            // nothing fires the one-shot watches that relied on it any more
            Post(Watches.TakeOneShots(watch.Path), ZkEventType.Resync, watch.Path, -1);
            if (_connection is not null && !_closing)
            {
                JuteWriter packet = Requests.Start(OpCode.RemoveWatches, Options.MaxRequestBytes);
                packet.WriteString(watch.Path);
                packet.WriteInt(RemoveAnyWatch);
                request = Request<bool>.Rent(this, "RemoveWatch", null, isWrite: false, packet.Finish(), Replies.Nothing);
                if (Enqueue(request, out writer) is not null)
                    request = null;
            }
        }

        writer?.Write();
        if (request is null)
            return;
        try
        {
            await request.Task.AsTask().WaitAsync(CloseBound).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is ZkException or TimeoutException)
        {
            // without the connection or the session the server has no watch either; NoWatcher says the same; and an
            // event of a watch that is still to be removed reaches nobody
        }
    }

    /// <summary>Under the gate: the frames that tell a server about all watches.</summary>
    private List<Packet> RearmPackets()
    {
        List<Packet> packets = [];
        if (Watches.IsEmpty)
            return packets;
        // the old request while it is enough: every server knows it
        int count = Watches.HasPersistent ? AllLists : OneShotLists;
        List<string>[] lists = NewLists(count);
        int bytes = 0;
        foreach ((int list, string path) in Watches.ToRearm())
        {
            if (bytes > 0 && bytes + path.Length > RearmPacketBytes)
            {
                packets.Add(RearmPacket(lists));
                lists = NewLists(count);
                bytes = 0;
            }

            lists[list].Add(path);
            bytes += path.Length + 4;
        }

        packets.Add(RearmPacket(lists));
        return packets;

        static List<string>[] NewLists(int count)
        {
            List<string>[] lists = new List<string>[count];
            for (int i = 0; i < lists.Length; i++)
                lists[i] = [];
            return lists;
        }
    }

    private Packet RearmPacket(List<string>[] lists)
    {
        OpCode op = lists.Length == OneShotLists ? OpCode.SetWatches : OpCode.SetWatches2;
        JuteWriter writer = Requests.Start(op, int.MaxValue / 2, Xid.SetWatches);
        writer.WriteLong(LastZxid);
        foreach (List<string> paths in lists)
        {
            writer.WriteInt(paths.Count);
            foreach (string path in paths)
                writer.WriteString(path);
        }

        return writer.Finish();
    }

    /// <summary>Under the gate: one-shot watches are gone with the session, persistent ones stay for the next.</summary>
    private void PostLostToAll()
    {
        foreach ((string path, Action<ZkWatchEvent> watcher) in Watches.TakeAllOneShots())
            Post([watcher], ZkEventType.Lost, path, -1);
        foreach (PersistentWatch watch in Watches.AllPersistent())
            Post([watch.Watcher], ZkEventType.Lost, watch.Path, -1);
    }

    private void Post(HashSet<Action<ZkWatchEvent>> watchers, ZkEventType type, string serverPath, long zxid)
    {
        if (watchers.Count == 0)
            return;
        ZkWatchEvent occurred = new(type, ZkPath.ToClient(Chroot, serverPath), zxid);
        foreach (Action<ZkWatchEvent> watcher in watchers)
            _dispatcher.Post(() => watcher(occurred));
    }
}
