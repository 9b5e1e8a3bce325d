using ZkArrow.ArrowC;

namespace ZkArrow.Tests.ArrowC;

/// <summary>Any type of the C Data Interface, with names that may be empty or twice and metadata that may be anything.</summary>
internal sealed record RandomType(string Format, RandomType[] Children, RandomType? Dictionary, string Name, long Flags, byte[] Metadata)
{
    private static readonly string[] Plain =
    [
        "n", "b", "c", "C", "s", "S", "i", "I", "l", "L", "e", "f", "g", "z", "Z", "vz", "u", "U", "vu", "tdD", "tdm", "tts", "ttm", "ttu", "ttn",
        "tDs", "tDm", "tDu", "tDn", "tiM", "tiD", "tin", "tss:", "tsm:UTC", "tsu:Europe/Prague", "tsn:", "w:0", "w:3", "w:16",
        "d:9,2,32", "d:18,-3,64", "d:38,10", "d:38,-2,128", "d:76,5,256",
    ];

    private static readonly string[] Nested = ["+s", "+l", "+L", "+vl", "+vL", "+w:", "+m", "+us:", "+ud:", "+r", "dictionary"];

    /// <summary>A struct with some columns.</summary>
    public static RandomType Table(Random random)
    {
        RandomType[] columns = [.. Enumerable.Range(0, random.Next(4)).Select(_ => Any(random, 3))];
        return new("+s", columns, null, "", 0, Pairs(random));
    }

    private static RandomType Any(Random random, int depth, bool mayBeDictionary = true)
    {
        string kind = depth == 0 || random.Next(3) == 0 ? Pick(random, Plain) : Pick(random, Nested);
        return kind switch
        {
            "dictionary" when mayBeDictionary => DictionaryOf(random, depth - 1),
            "dictionary" => Of(random, Pick(random, Plain)),
            "+s" => Of(random, kind, [.. Enumerable.Range(0, random.Next(3)).Select(_ => Any(random, depth - 1))]),
            "+w:" => Of(random, $"+w:{random.Next(4)}", Any(random, depth - 1)),
            "+m" => Of(random, kind, Of(random, "+s", Any(random, 0), Any(random, depth - 1))),
            "+us:" or "+ud:" => Union(random, kind, depth),
            "+r" => Of(random, kind, Of(random, Pick(random, ["s", "i", "l"])), Any(random, depth - 1)),
            ['+', ..] => Of(random, kind, Any(random, depth - 1)),
            _ => Of(random, kind),
        };
    }

    private static RandomType DictionaryOf(Random random, int depth) => Of(random, Pick(random, ["c", "C", "s", "S", "i", "I", "l", "L"])) with
    {
        Dictionary = Any(random, depth, mayBeDictionary: false) with { Name = "", Flags = ArrowSchema.FlagNullable },
    };

    private static RandomType Union(Random random, string kind, int depth)
    {
        int[] ids = [.. Enumerable.Range(0, 128).OrderBy(_ => random.Next()).Take(1 + random.Next(3))];
        return Of(random, kind + string.Join(',', ids), [.. ids.Select(_ => Any(random, depth - 1))]);
    }

    private static RandomType Of(Random random, string format, params RandomType[] children) =>
        new(format, children, null, Pick(random, ["", "a", "b", "č"]), ArrowSchema.FlagNullable * random.Next(2), Pairs(random));

    private static byte[] Pairs(Random random)
    {
        if (random.Next(3) > 0) return [];
        byte[] value = new byte[random.Next(5)];
        random.NextBytes(value);
        return ArrowMetadata.Encode([([0xFF, (byte)'k'], value), ([], []), ([0xFF, (byte)'k'], [0])]);
    }

    private static string Pick(Random random, string[] from) => from[random.Next(from.Length)];
}
