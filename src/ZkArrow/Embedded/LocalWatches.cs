using ZkArrow.Coordination;

namespace ZkArrow.Embedded;

/// <summary>Who wants to know of which nodes: each once, of commits after the one as of which it read.</summary>
internal sealed class LocalWatches
{
    private readonly Dictionary<string, Dictionary<NodeWatch, long>> _byPath = [];

    /// <summary>Up to this commit everybody was told.</summary>
    public long Told { get; private set; }

    public bool IsEmpty => _byPath.Count == 0;

    /// <summary>Sets a watch on a node as it was at a commit.</summary>
    public void Add(string path, NodeWatch watch, long readAt)
    {
        if (IsEmpty)
            Told = readAt;
        if (!_byPath.TryGetValue(path, out Dictionary<NodeWatch, long>? watches))
            _byPath.Add(path, watches = []);
        // one that is set already has the older state to tell of
        watches.TryAdd(watch, readAt);
    }

    /// <summary>Takes out those that are to be told of changes up to a commit.</summary>
    public List<NodeWatch> Take(IReadOnlyDictionary<string, long> changes, long last)
    {
        List<NodeWatch> taken = [];
        foreach ((string path, long at) in changes)
        {
            if (!_byPath.TryGetValue(path, out Dictionary<NodeWatch, long>? watches))
                continue;
            foreach (NodeWatch watch in watches.Where(pair => pair.Value < at).Select(pair => pair.Key).ToArray())
            {
                watches.Remove(watch);
                taken.Add(watch);
            }

            if (watches.Count == 0)
                _byPath.Remove(path);
        }

        Told = last;
        return taken;
    }

    /// <summary>Takes out all.</summary>
    public List<NodeWatch> TakeAll(long last)
    {
        List<NodeWatch> taken = [.. _byPath.Values.SelectMany(watches => watches.Keys)];
        _byPath.Clear();
        Told = last;
        return taken;
    }
}
