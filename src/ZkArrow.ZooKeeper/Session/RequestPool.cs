using System.Collections.Concurrent;

namespace ZkArrow.ZooKeeper.Session;

/// <summary>Objects to use again, at most so many.</summary>
internal sealed class RequestPool<T>(int limit)
    where T : class
{
    private readonly ConcurrentQueue<T> _free = new();
    private int _count;

    public T? TryTake()
    {
        if (!_free.TryDequeue(out T? item))
            return null;
        Interlocked.Decrement(ref _count);
        return item;
    }

    public void Return(T item)
    {
        if (Interlocked.Increment(ref _count) <= limit)
            _free.Enqueue(item);
        else
            Interlocked.Decrement(ref _count);
    }
}
