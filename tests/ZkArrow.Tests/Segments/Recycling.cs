using System.Runtime.InteropServices;
using ZkArrow.Segments;

namespace ZkArrow.Tests.Segments;

/// <summary>Segments whose every word tells the name under which it was written.</summary>
internal static unsafe class Recycling
{
    private const int Words = 8_192;

    /// <summary>Writes a segment of this many bytes, a multiple of 8.</summary>
    internal static SegmentPin Write(DataDirectory data, string name, long length) => data.WritePinned(name, length, sink =>
    {
        ulong[] piece = new ulong[Words];
        piece.AsSpan().Fill(WordOf(name));
        fixed (ulong* start = piece)
            for (long at = 0; at < length; at += Words * sizeof(ulong))
                sink.Write((byte*)start, Math.Min(Words * sizeof(ulong), length - at));
    });

    /// <summary>Whether a mapping has nothing but what was written under this name.</summary>
    internal static bool IsOf(MappedSegment segment, string name)
    {
        ReadOnlySpan<byte> bytes = new(segment.Start, (int)segment.Length);
        return !MemoryMarshal.Cast<byte, ulong>(bytes).ContainsAnyExcept(WordOf(name));
    }

    /// <summary>Writes segment after segment, each a little later retired.</summary>
    internal static void Write(DataDirectory data, int seed, int count)
    {
        Random random = new(seed);
        Queue<string> alive = [];
        for (int i = 0; i < count; i++)
        {
            string name = $"inc{seed}/1-{i}-{Guid.NewGuid():N}.arrow";
            Write(data, name, SegmentPool.SmallestFile + (8 * random.Next(30_000))).Dispose();
            alive.Enqueue(name);
            if (alive.Count > 3)
                data.Retire(alive.Dequeue());
        }
    }

    private static ulong WordOf(string name)
    {
        ulong word = 14_695_981_039_346_656_037;
        foreach (char c in name)
            word = (word ^ c) * 1_099_511_628_211;
        return word;
    }
}
