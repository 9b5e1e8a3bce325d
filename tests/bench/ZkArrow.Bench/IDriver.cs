namespace ZkArrow.Bench;

/// <summary>Something that measures on request.</summary>
internal interface IDriver : IAsyncDisposable
{
    /// <summary>Does <paramref name="what"/> <paramref name="count"/> times; most answer with nanoseconds, one for each.</summary>
    Task<long[]> RunAsync(string what, string argument, int count);
}
