using ZkArrow.ArrowC;

namespace ZkArrow.Datasets;

/// <summary>Makes what is to be committed on top of a head, again for each try.</summary>
internal interface IDraftMaker : IDisposable
{
    SchemaBox Schema { get; }

    /// <summary>The draft for this head, which stays the maker's; null when the head has gone, and must be read again.</summary>
    ValueTask<Draft?> OnAsync(Head? head, Call call);
}
