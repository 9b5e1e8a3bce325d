using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace ZkArrow.ArrowC;

/// <summary>
/// The metadata of a schema node in the C Data Interface's own encoding. Keys and values are bytes, not text:
/// real producers write values that are not UTF-8, and keys more than once.
/// </summary>
internal static unsafe class ArrowMetadata
{
    /// <summary>Copies the metadata behind a pointer that carries no length; empty for NULL and for no pairs.</summary>
    public static byte[] Copy(byte* metadata, string path)
    {
        if (metadata == null) return [];
        int pairs = Int(metadata);
        if (pairs < 0) throw ArrowFailure.Invalid($"The metadata of {path} had a negative count.");
        if (pairs == 0) return [];
        long size = 4;
        for (long part = 0; part < 2L * pairs; part++)
        {
            int length = Int(metadata + size);
            if (length < 0) throw ArrowFailure.Invalid($"The metadata of {path} had a negative length.");
            size += 4L + length;
            if (size > int.MaxValue) throw ArrowFailure.TooLarge($"The metadata of {path} was over 2 GiB.");
        }
        return new ReadOnlySpan<byte>(metadata, (int)size).ToArray();
    }

    /// <summary>Whether the metadata behind a pointer equals a copy.</summary>
    public static bool Matches(byte* metadata, ReadOnlySpan<byte> copy)
    {
        if (metadata == null) return copy.IsEmpty;
        int pairs = Int(metadata);
        if (copy.IsEmpty || pairs <= 0) return copy.IsEmpty && pairs == 0;
        if (pairs != BinaryPrimitives.ReadInt32LittleEndian(copy)) return false;
        int at = 4;
        for (long part = 0; part < 2L * pairs; part++)
        {
            // the lengths are compared first, so that the pointer is never read past what the copy vouches for
            int length = BinaryPrimitives.ReadInt32LittleEndian(copy[at..]);
            if (Int(metadata + at) != length) return false;
            at += 4;
            if (!new ReadOnlySpan<byte>(metadata + at, length).SequenceEqual(copy.Slice(at, length))) return false;
            at += length;
        }
        return true;
    }

    /// <summary>Whether bytes from a file are metadata in this encoding, to the last byte.</summary>
    public static bool IsWellFormed(ReadOnlySpan<byte> metadata)
    {
        if (metadata.Length < 4) return false;
        long parts = 2L * BinaryPrimitives.ReadInt32LittleEndian(metadata);
        if (parts <= 0) return false;
        metadata = metadata[4..];
        for (; parts > 0; parts--)
        {
            if (metadata.Length < 4) return false;
            int length = BinaryPrimitives.ReadInt32LittleEndian(metadata);
            if (length < 0 || length > metadata.Length - 4) return false;
            metadata = metadata[(4 + length)..];
        }
        return metadata.IsEmpty;
    }

    /// <summary>The pairs, in their order.</summary>
    public static List<(byte[] Key, byte[] Value)> Pairs(ReadOnlySpan<byte> metadata)
    {
        var pairs = new List<(byte[], byte[])>();
        if (metadata.IsEmpty) return pairs;
        int count = BinaryPrimitives.ReadInt32LittleEndian(metadata);
        metadata = metadata[4..];
        for (int i = 0; i < count; i++) pairs.Add((Take(ref metadata), Take(ref metadata)));
        return pairs;
    }

    /// <summary>Encodes pairs; empty for no pairs.</summary>
    public static byte[] Encode(IReadOnlyList<(byte[] Key, byte[] Value)> pairs)
    {
        if (pairs.Count == 0) return [];
        var stream = new MemoryStream();
        Put(stream, pairs.Count);
        foreach ((byte[] key, byte[] value) in pairs)
        {
            Put(stream, key.Length);
            stream.Write(key);
            Put(stream, value.Length);
            stream.Write(value);
        }
        return stream.ToArray();
    }

    private static byte[] Take(ref ReadOnlySpan<byte> from)
    {
        int length = BinaryPrimitives.ReadInt32LittleEndian(from);
        byte[] bytes = from.Slice(4, length).ToArray();
        from = from[(4 + length)..];
        return bytes;
    }

    private static void Put(MemoryStream stream, int value) =>
        stream.Write(MemoryMarshal.AsBytes(new ReadOnlySpan<int>(in value)));

    private static int Int(byte* at) => System.Runtime.CompilerServices.Unsafe.ReadUnaligned<int>(at);
}
