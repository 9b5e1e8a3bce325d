using ZkArrow.ArrowC;

namespace ZkArrow.Datasets;

/// <summary>
/// Holds the tables of heads open between two reads of them, so that a reader who comes again pays for no mapping. A table
/// is let go as soon as anything says that it may not be the head any more, and when the client closes: no bytes of a version
/// that was replaced or dropped are kept alive here.
/// </summary>
internal sealed class KeptHeads : IDisposable
{
    // each holds a file open, of which a process has no more than 1,024 by default
    private const int Most = 64;
    private readonly OrderedDictionary<DatasetEntry, ArrowTable> _tables = [];
    private readonly Lock _gate = new();
    private bool _closed;

    /// <summary>Keeps the table of what is the head of an entry, with a reference of its own; the oldest goes for it.</summary>
    public void Keep(DatasetEntry entry, Head head, ArrowTable table)
    {
        ArrowTable? replaced = null;
        lock (_gate)
        {
            // whoever marks the entry lets go afterwards: a mark that comes after this look finds the table here
            if (_closed || !ReferenceEquals(entry.TryCached(), head) || (_tables.TryGetValue(entry, out ArrowTable? kept) && kept == table))
                return;
            table.AddRef();
            if (!_tables.Remove(entry, out replaced) && _tables.Count == Most)
            {
                replaced = _tables.GetAt(0).Value;
                _tables.RemoveAt(0);
            }

            _tables.Add(entry, table);
        }

        replaced?.Release();
    }

    /// <summary>Lets go of an entry's table, if there is one.</summary>
    public void LetGo(DatasetEntry entry)
    {
        ArrowTable? table;
        lock (_gate)
            _tables.Remove(entry, out table);
        table?.Release();
    }

    /// <summary>Lets go of all, and keeps none any more.</summary>
    public void Dispose()
    {
        List<ArrowTable> all;
        lock (_gate)
        {
            _closed = true;
            all = [.. _tables.Values];
            _tables.Clear();
        }

        foreach (ArrowTable table in all)
            table.Release();
    }
}
