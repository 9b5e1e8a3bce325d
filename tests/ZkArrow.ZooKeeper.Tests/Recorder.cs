using ZkArrow.Testing;

namespace ZkArrow.ZooKeeper.Tests;

/// <summary>Keeps what a callback was called with, in order.</summary>
internal sealed class Recorder<T>
{
    private readonly List<T> _all = [];

    public void Add(T item)
    {
        lock (_all)
            _all.Add(item);
    }

    public T[] All
    {
        get
        {
            lock (_all)
                return [.. _all];
        }
    }

    public async Task<T[]> CountAsync(int count)
    {
        await Eventually.TrueAsync(() => All.Length >= count, $"{count} calls had come (there were {All.Length})");
        return All;
    }

    public Task ContainsAsync(Func<T, bool> match, string what) => Eventually.TrueAsync(() => All.Any(match), what);
}
