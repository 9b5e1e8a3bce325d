namespace ZkArrow.ZooKeeper.Session;

/// <summary>The part that takes one-shot watches away before they fired.</summary>
internal sealed partial class ZkSession
{
    /// <summary>
    /// Takes the watches of a path that a persistent watch covers: the server has none of them (see
    /// <see cref="WatchTable"/>), and asking it to remove them would remove the persistent one.
    /// </summary>
    public bool TryTakeCovered(string path, ZkWatchType type, out bool found)
    {
        lock (Gate)
        {
            found = false;
            if (!Watches.IsCovered(path))
                return false;
            found = Watches.RemoveOneShots(path, type);
            return true;
        }
    }

    public bool TakeOneShots(string path, ZkWatchType type)
    {
        lock (Gate)
            return Watches.RemoveOneShots(path, type);
    }

    /// <summary>Forgets one watcher. The server's watch may still fire, and finds nobody.</summary>
    public void Forget(string path, Action<ZkWatchEvent> watcher)
    {
        lock (Gate)
            Watches.Remove(path, watcher);
    }
}
