namespace ZkArrow.Sql;

/// <summary>How a query is answered.</summary>
public sealed record QueryOptions
{
    private const long LeastMemory = 1 << 20;
    private readonly long? _memoryLimit;
    private readonly int? _threads;

    /// <summary>The moment as of which names without a version of their own are read; null for now.</summary>
    public AsOf? AsOf { get; init; }

    /// <summary>
    /// The memory DuckDB may use, in bytes, from 1 MiB; null for a quarter of what the process may have. What is needed beyond it is
    /// refused with TooLarge: nothing is spilled to files. The datasets' own bytes are mapped, and do not count.
    /// </summary>
    public long? MemoryLimit
    {
        get => _memoryLimit;
        init => _memoryLimit = value is null or >= LeastMemory
            ? value
            : throw new ZkArrowException(ZkArrowStatus.InvalidArgument, $"MemoryLimit was {value}; it must be at least {LeastMemory} bytes");
    }

    /// <summary>How many threads work at it; null for as many as there are processors.</summary>
    public int? Threads
    {
        get => _threads;
        init => _threads = value is null or >= 1
            ? value
            : throw new ZkArrowException(ZkArrowStatus.InvalidArgument, $"Threads was {value}; it must be at least 1");
    }
}
