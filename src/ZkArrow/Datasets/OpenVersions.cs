using System.Collections.Concurrent;
using ZkArrow.ArrowC;

namespace ZkArrow.Datasets;

/// <summary>
/// The tables this process has open, so that a second reader of a version neither maps nor parses it again. It holds no
/// reference of its own: a table whose last reader let go is gone, and the next one opens it anew.
/// </summary>
internal sealed class OpenVersions
{
    private readonly ConcurrentDictionary<string, WeakReference<ArrowTable>> _tables = new(StringComparer.Ordinal);

    /// <summary>The open table under a key, with a reference for the caller; Corrupt when its bytes were taken away.</summary>
    public ArrowTable? TryGet(string key)
    {
        if (!_tables.TryGetValue(key, out WeakReference<ArrowTable>? weak) || !weak.TryGetTarget(out ArrowTable? table) || !table.TryAddRef())
            return null;
        try
        {
            table.ThrowIfDamaged();
            return table;
        }
        catch
        {
            table.Release();
            throw;
        }
    }

    /// <summary>Remembers a table until its last reference is gone.</summary>
    public void Add(string key, ArrowTable table)
    {
        WeakReference<ArrowTable> weak = new(table);
        _tables[key] = weak;
        table.OnReleased(() => _tables.TryRemove(KeyValuePair.Create(key, weak)));
    }
}
