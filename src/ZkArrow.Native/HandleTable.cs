namespace ZkArrow.Native;

/// <summary>
/// What foreign code holds instead of references. A handle is a number of three parts, 8 bits of kind, 32 of generation and
/// 24 of index, in the shape of a pointer that no memory can have: a wrong one is recognised, never followed.
/// </summary>
internal sealed class HandleTable
{
    private const int IndexBits = 24;
    private const int GenerationBits = 32;

    private readonly Lock _changing = new();
    private readonly Queue<int> _free = new();
    private readonly List<uint> _generations = [];
    private Entry?[] _entries = new Entry?[64];
    private long _count;

    /// <summary>How many handles are open.</summary>
    public long Count => Interlocked.Read(ref _count);

    /// <summary>Opens a handle.</summary>
    public nint Add(HandleKind kind, object target)
    {
        lock (_changing)
        {
            int index = TakeIndex();
            // a number comes again only after the slot was used 2^32 times more
            uint generation = ++System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_generations)[index];
            nint value = (nint)(((ulong)kind << (IndexBits + GenerationBits)) | ((ulong)generation << IndexBits) | (uint)index);
            Volatile.Write(ref _entries[index], new Entry(value, target));
            _count++;
            return value;
        }
    }

    /// <summary>What stands behind a handle; null when it is NULL, closed or nobody's. Takes no lock.</summary>
    public object? Find(nint handle)
    {
        Entry?[] entries = Volatile.Read(ref _entries);
        int index = Index(handle);
        Entry? entry = index < entries.Length ? Volatile.Read(ref entries[index]) : null;
        return entry?.Value == handle ? entry.Target : null;
    }

    /// <summary>Closes a handle of the kind: of several callers one gets what stood behind it, the others null.</summary>
    public object? Remove(HandleKind kind, nint handle)
    {
        lock (_changing)
        {
            if (KindOf(handle) != kind || Find(handle) is not { } target)
                return null;
            int index = Index(handle);
            Volatile.Write(ref _entries[index], null);
            _free.Enqueue(index);
            _count--;
            return target;
        }
    }

    /// <summary>The kind a number claims to be of; any number may be asked about.</summary>
    public static HandleKind KindOf(nint handle) => (HandleKind)((ulong)handle >> (IndexBits + GenerationBits));

    private static int Index(nint handle) => (int)((ulong)handle & ((1UL << IndexBits) - 1));

    private int TakeIndex()
    {
        if (_free.TryDequeue(out int index))
            return index;
        index = _generations.Count;
        if (index >> IndexBits != 0)
            throw new ZkArrowException(ZkArrowStatus.TooLarge, $"the process had {index} handles open; close those no longer used");
        if (index == _entries.Length)
        {
            Entry?[] larger = new Entry?[index * 2];
            _entries.CopyTo(larger, 0);
            Volatile.Write(ref _entries, larger);
        }

        _generations.Add(0);
        return index;
    }

    private sealed class Entry(nint value, object target)
    {
        public readonly nint Value = value;
        public readonly object Target = target;
    }
}

/// <summary>What a handle stands for. The values are the top byte of a handle, where no pointer of a program has them.</summary>
internal enum HandleKind : byte
{
    Client = 0xC1,
    Table = 0xC2,
    Subscription = 0xC3,
    Cancel = 0xC4,
    Loan = 0xC5,
    Owner = 0xC6,
    Transaction = 0xC7,
    Snapshot = 0xC8,
}
