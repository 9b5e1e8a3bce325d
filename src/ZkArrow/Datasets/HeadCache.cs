using System.Collections.Concurrent;
using ZkArrow.Coordination;

namespace ZkArrow.Datasets;

/// <summary>The heads this client knows, one entry per name it has used.</summary>
internal sealed class HeadCache : IDisposable
{
    private readonly ConcurrentDictionary<string, DatasetEntry> _entries = new(StringComparer.Ordinal);
    private readonly DatasetContext _context;

    public HeadCache(DatasetContext context)
    {
        _context = context;
        context.Coordinator.StateChanged += OnState;
    }

    /// <summary>The entry of a name, which need not exist as a dataset.</summary>
    public DatasetEntry this[string name] =>
        _entries.TryGetValue(name, out DatasetEntry? entry) ? entry : Add(name);

    public void Dispose() => _context.Coordinator.StateChanged -= OnState;

    private DatasetEntry Add(string name)
    {
        DatasetName.Validate(name);
        return _entries.GetOrAdd(name, n => new DatasetEntry(n, _context));
    }

    /// <summary>A change of state may have hidden changes: whatever it was, everything is read again before it is used.</summary>
    private void OnState(CoordinatorState state)
    {
        foreach (DatasetEntry entry in _entries.Values)
            entry.MarkNameChanged();
    }
}
