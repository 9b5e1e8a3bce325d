namespace ZkArrow.ZooKeeper.Session;

internal enum WatchKind { Data, Exists, Children, Persistent }

/// <summary>One registration of a watch that stays.</summary>
internal sealed class PersistentWatch(string path, ZkWatchMode mode, Action<ZkWatchEvent> watcher)
{
    public readonly string Path = path;
    public readonly ZkWatchMode Mode = mode;
    public readonly Action<ZkWatchEvent> Watcher = watcher;
    public bool IsReserved;
}

/// <summary>
/// Which watchers wait for which server paths. Used under the session's gate.
/// Servers before 3.9 keep one mode per session and path, so that a one-shot watch silences a persistent one
/// (ZOOKEEPER-4466). Where a persistent watch covers a path, one-shot watches on it are therefore never sent: the
/// persistent watch's events fire them here.
/// </summary>
internal sealed class WatchTable
{
    private readonly Dictionary<string, HashSet<Action<ZkWatchEvent>>> _data = [];
    private readonly Dictionary<string, HashSet<Action<ZkWatchEvent>>> _exists = [];
    private readonly Dictionary<string, HashSet<Action<ZkWatchEvent>>> _children = [];
    private readonly Dictionary<string, List<PersistentWatch>> _persistent = [];
    private readonly Dictionary<string, (ZkWatchMode Mode, int Count)> _reserved = [];

    public bool IsEmpty => _data.Count + _exists.Count + _children.Count + _persistent.Count == 0;

    public bool HasPersistent => _persistent.Count > 0;

    /// <summary>Whether a persistent watch is, or is about to be, on exactly this path.</summary>
    public bool IsCovered(string path) => _reserved.ContainsKey(path);

    public void AddOneShot(WatchKind kind, string path, Action<ZkWatchEvent> watcher)
    {
        Dictionary<string, HashSet<Action<ZkWatchEvent>>> table = TableOf(kind);
        if (!table.TryGetValue(path, out HashSet<Action<ZkWatchEvent>>? watchers))
            table.Add(path, watchers = []);
        watchers.Add(watcher);
    }

    /// <summary>Counts a persistent watch from before it is sent; false if the path has one of the other mode.</summary>
    public bool Reserve(PersistentWatch watch)
    {
        if (_reserved.TryGetValue(watch.Path, out (ZkWatchMode Mode, int Count) held) && held.Mode != watch.Mode)
            return false;
        _reserved[watch.Path] = (watch.Mode, held.Count + 1);
        return watch.IsReserved = true;
    }

    public void AddPersistent(PersistentWatch watch)
    {
        if (!_persistent.TryGetValue(watch.Path, out List<PersistentWatch>? watches))
            _persistent.Add(watch.Path, watches = []);
        watches.Add(watch);
    }

    /// <summary>Undoes <see cref="Reserve"/> and <see cref="AddPersistent"/>; true when it was the path's last.</summary>
    public bool Release(PersistentWatch watch)
    {
        if (!watch.IsReserved)
            return false;
        watch.IsReserved = false;
        if (_persistent.TryGetValue(watch.Path, out List<PersistentWatch>? watches))
        {
            watches.Remove(watch);
            if (watches.Count == 0)
                _persistent.Remove(watch.Path);
        }

        (ZkWatchMode Mode, int Count) held = _reserved[watch.Path];
        if (held.Count > 1)
        {
            _reserved[watch.Path] = (held.Mode, held.Count - 1);
            return false;
        }

        _reserved.Remove(watch.Path);
        return true;
    }

    /// <summary>Takes the one-shot watchers an event fires and adds the persistent ones it concerns.</summary>
    public HashSet<Action<ZkWatchEvent>> Fire(ZkEventType type, string path)
    {
        HashSet<Action<ZkWatchEvent>> fired = [];
        switch (type)
        {
            case ZkEventType.NodeCreated or ZkEventType.NodeDataChanged:
                Take(_data, path, fired);
                Take(_exists, path, fired);
                break;
            case ZkEventType.NodeDeleted:
                Take(_data, path, fired);
                Take(_exists, path, fired);
                Take(_children, path, fired);
                break;
            case ZkEventType.NodeChildrenChanged:
                Take(_children, path, fired);
                break;
        }

        if (_persistent.Count == 0)
            return fired;
        Collect(path, type, fired, exact: true);
        for (string above = path; above.Length > 1;)
        {
            above = Parent(above);
            Collect(above, type, fired, exact: false);
        }

        return fired;
    }

    /// <summary>
    /// The one-shot child watchers of the parent of a created or deleted node that only a recursive watch covers:
    /// that one gets no event for the list of children.
    /// </summary>
    public HashSet<Action<ZkWatchEvent>> FireCoveredParent(ZkEventType type, string path, out string parent)
    {
        HashSet<Action<ZkWatchEvent>> fired = [];
        parent = Parent(path);
        if (type is ZkEventType.NodeCreated or ZkEventType.NodeDeleted && path.Length > 1
            && _reserved.TryGetValue(parent, out (ZkWatchMode Mode, int Count) held)
            && held.Mode == ZkWatchMode.PersistentRecursive)
            Take(_children, parent, fired);
        return fired;
    }

    /// <summary>Takes all one-shot watchers of a path.</summary>
    public HashSet<Action<ZkWatchEvent>> TakeOneShots(string path)
    {
        HashSet<Action<ZkWatchEvent>> taken = [];
        Take(_data, path, taken);
        Take(_exists, path, taken);
        Take(_children, path, taken);
        return taken;
    }

    /// <summary>Removes the one-shot watchers of a kind; whether there was one.</summary>
    public bool RemoveOneShots(string path, ZkWatchType type)
    {
        bool found = false;
        if (type != ZkWatchType.Children)
            found = _data.Remove(path) | _exists.Remove(path);
        if (type != ZkWatchType.Data)
            found |= _children.Remove(path);
        return found;
    }

    /// <summary>Removes one watcher from the one-shot watches of a path.</summary>
    public void Remove(string path, Action<ZkWatchEvent> watcher)
    {
        foreach (Dictionary<string, HashSet<Action<ZkWatchEvent>>> table in (ReadOnlySpan<Dictionary<string, HashSet<Action<ZkWatchEvent>>>>)[_data, _exists, _children])
        {
            if (table.TryGetValue(path, out HashSet<Action<ZkWatchEvent>>? watchers) && watchers.Remove(watcher) && watchers.Count == 0)
                table.Remove(path);
        }
    }

    /// <summary>Takes every one-shot watcher, with its path.</summary>
    public List<(string Path, Action<ZkWatchEvent> Watcher)> TakeAllOneShots()
    {
        List<(string, Action<ZkWatchEvent>)> all = [];
        foreach (string path in (HashSet<string>)[.. _data.Keys, .. _exists.Keys, .. _children.Keys])
        {
            foreach (Action<ZkWatchEvent> watcher in TakeOneShots(path))
                all.Add((path, watcher));
        }

        return all;
    }

    public IEnumerable<PersistentWatch> AllPersistent() => _persistent.Values.SelectMany(static watches => watches);

    /// <summary>Everything the server must be told after a reconnect; persistent watches last (see the class).</summary>
    public IEnumerable<(int List, string Path)> ToRearm() =>
        _data.Keys.Select(static path => (0, path))
            .Concat(_exists.Keys.Select(static path => (1, path)))
            .Concat(_children.Keys.Select(static path => (2, path)))
            .Concat(_persistent.Select(static entry => (entry.Value[0].Mode == ZkWatchMode.Persistent ? 3 : 4, entry.Key)));

    private void Collect(string path, ZkEventType type, HashSet<Action<ZkWatchEvent>> into, bool exact)
    {
        if (!_persistent.TryGetValue(path, out List<PersistentWatch>? watches))
            return;
        foreach (PersistentWatch watch in watches)
        {
            // servers up to 3.8 leak child-list events to recursive watchers (ZOOKEEPER-4475)
            if (watch.Mode == ZkWatchMode.PersistentRecursive ? type != ZkEventType.NodeChildrenChanged : exact)
                into.Add(watch.Watcher);
        }
    }

    private Dictionary<string, HashSet<Action<ZkWatchEvent>>> TableOf(WatchKind kind) => kind switch
    {
        WatchKind.Data => _data,
        WatchKind.Exists => _exists,
        WatchKind.Children => _children,
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };

    private static void Take(
        Dictionary<string, HashSet<Action<ZkWatchEvent>>> table, string path, HashSet<Action<ZkWatchEvent>> into)
    {
        if (table.Remove(path, out HashSet<Action<ZkWatchEvent>>? watchers))
            into.UnionWith(watchers);
    }

    private static string Parent(string path)
    {
        int slash = path.LastIndexOf('/');
        return slash <= 0 ? "/" : path[..slash];
    }
}
