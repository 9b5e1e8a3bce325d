namespace ZkArrow.ArrowC;

/// <summary>Indices into dictionaries, whatever their width.</summary>
internal static unsafe class DictionaryIndex
{
    /// <summary>The index at a place of a buffer of indices.</summary>
    public static long At(void* indices, long at, SchemaNode node) => node.Type.Format[0] switch
    {
        'c' => ((sbyte*)indices)[at],
        'C' => ((byte*)indices)[at],
        's' => ((short*)indices)[at],
        'S' => ((ushort*)indices)[at],
        'i' => ((int*)indices)[at],
        'I' => ((uint*)indices)[at],
        // an unsigned index beyond 63 bits turns negative, and is as wrong
        _ => ((long*)indices)[at],
    };

    /// <summary>The highest index that the type of the indices can hold.</summary>
    public static long Highest(SchemaNode node)
    {
        int bits = (8 * node.Type.Width) - (node.Type.IsSignedInteger ? 1 : 0);
        return bits >= 63 ? long.MaxValue : (1L << bits) - 1;
    }
}
