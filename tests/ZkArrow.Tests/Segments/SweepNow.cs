using ZkArrow.Segments;

namespace ZkArrow.Tests.Segments;

internal static class SweepNow
{
    /// <summary>A sweep whose records are known without asking anybody.</summary>
    public static int RemoveNow(this SweepCandidates candidates, Func<string, bool> isReferenced) =>
        candidates.RemoveAsync([.. candidates.Names.Where(name => !isReferenced(name))], name => ValueTask.FromResult(isReferenced(name)))
            .AsTask().GetAwaiter().GetResult();
}
