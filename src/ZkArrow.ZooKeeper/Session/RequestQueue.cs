namespace ZkArrow.ZooKeeper.Session;

/// <summary>
/// A first-in-first-out list through the requests' own links: no allocation, and a cancelled request leaves at once,
/// so that calls which give up during a long outage do not pile up.
/// </summary>
internal sealed class RequestQueue
{
    private Request? _head;
    private Request? _tail;

    public int Count { get; private set; }

    public Request? Peek() => _head;

    public void Enqueue(Request request)
    {
        request.Previous = _tail;
        request.Next = null;
        if (_tail is null)
            _head = request;
        else
            _tail.Next = request;
        _tail = request;
        Count++;
    }

    public Request? Dequeue()
    {
        Request? request = _head;
        if (request is not null)
            Remove(request);
        return request;
    }

    public void Remove(Request request)
    {
        if (request.Previous is null)
            _head = request.Next;
        else
            request.Previous.Next = request.Next;
        if (request.Next is null)
            _tail = request.Previous;
        else
            request.Next.Previous = request.Previous;
        request.Previous = request.Next = null;
        Count--;
    }

    /// <summary>Empties the queue and gives what was in it.</summary>
    public List<Request> DequeueAll()
    {
        List<Request> all = new(Count);
        while (Dequeue() is { } request)
            all.Add(request);
        return all;
    }
}
