using System.Collections.Concurrent;
using ZkArrow.ArrowC;

namespace ZkArrow.Datasets;

/// <summary>Tables handed between the languages of one process under a name: no coordinator, no copy.</summary>
internal static class Exchange
{
    private static readonly ConcurrentDictionary<string, ArrowTable> Tables = new(StringComparer.Ordinal);

    /// <summary>Refuses a bad name: to be asked before a stream is read for it.</summary>
    public static string CheckName(string name) => name.Length > 0
        ? name
        : throw new ZkArrowException(ZkArrowStatus.InvalidArgument, "the exchange name was empty; give one");

    /// <summary>Takes the table over; what stood under the name is let go.</summary>
    public static void Put(string name, ArrowTable table)
    {
        CheckName(name);
        while (!Tables.TryAdd(name, table))
        {
            // the replaced one is released by whoever took it out, and by nobody else
            if (!Tables.TryGetValue(name, out ArrowTable? old) || !Tables.TryUpdate(name, table, old))
                continue;
            old.Release();
            return;
        }
    }

    /// <summary>The table under a name, with a reference for the caller.</summary>
    public static ArrowTable Get(string name)
    {
        // a reference that cannot be had means that the table was replaced or removed since the look-up: look again
        while (Tables.TryGetValue(name, out ArrowTable? table))
        {
            if (table.TryAddRef())
                return table;
        }

        throw Missing(name);
    }

    public static void Remove(string name)
    {
        if (!Tables.TryRemove(name, out ArrowTable? table))
            throw Missing(name);
        table.Release();
    }

    private static ZkArrowException Missing(string name) =>
        new(ZkArrowStatus.NotFound, $"nothing was put into the exchange under '{name}'; put it first, in this process");
}
