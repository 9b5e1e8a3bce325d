using System.Runtime.CompilerServices;
using ZkArrow.ArrowC;

namespace ZkArrow.Ipc;

/// <summary>The frame of an IPC file: magic, footer, and the messages it points to, each checked to lie inside.</summary>
internal readonly unsafe struct IpcFile
{
    private readonly byte* _start;
    private readonly long _length;
    private readonly long _footerStart;

    public IpcFile(byte* start, long length)
    {
        _start = start;
        _length = length;
        long tail = 4 + IpcFormat.Magic.Length;
        if (start == null || length < 8 + tail || !IsMagic(start) || !IsMagic(start + length - IpcFormat.Magic.Length))
            throw ArrowFailure.Corrupt("The bytes were not an Arrow IPC file: it begins and ends with ARROW1.");
        long footerLength = Unsafe.ReadUnaligned<int>(start + length - tail);
        _footerStart = length - tail - footerLength;
        if (footerLength <= 0 || _footerStart < 8) throw ArrowFailure.Corrupt($"The Arrow file of {length} bytes had a footer of {footerLength}.");
    }

    /// <summary>The footer table.</summary>
    public FlatTable Footer(out long footerLength)
    {
        footerLength = _length - 4 - IpcFormat.Magic.Length - _footerStart;
        FlatTable footer = FlatTable.Root(_start + _footerStart, footerLength);
        CheckVersion(footer.Short(0));
        if (!footer.Has(1)) throw ArrowFailure.Corrupt("The footer of the Arrow file had no schema.");
        return footer;
    }

    /// <summary>The bytes of the message that the file starts with, or none when it has no such frame.</summary>
    public ReadOnlySpan<byte> FirstMessage()
    {
        if (_footerStart < 16 || Unsafe.ReadUnaligned<int>(_start + 8) != IpcFormat.Continuation) return [];
        int size = Unsafe.ReadUnaligned<int>(_start + 12);
        return size > 0 && size <= _footerStart - 16 ? new ReadOnlySpan<byte>(_start + 8, 8 + size) : [];
    }

    /// <summary>
    /// Checks that the blocks together are no longer than the file. Each lies inside, but if many could be the same bytes, a small
    /// file would describe a table of any size.
    /// </summary>
    public void CheckBlocks(FlatVector dictionaries, FlatVector batches)
    {
        long total = 0;
        foreach (FlatVector blocks in (ReadOnlySpan<FlatVector>)[dictionaries, batches])
        {
            for (long i = 0; i < blocks.Count; i++)
            {
                total += Math.Max(0, (int)blocks.Word((3 * i) + 1));
                if (total > _footerStart) throw ArrowFailure.Corrupt("The blocks of the Arrow file overlapped.");
            }
        }
    }

    /// <summary>The message that a block of the footer points to.</summary>
    public IpcMessage Message(FlatVector blocks, long index, byte headerType)
    {
        long offset = blocks.Word(3 * index);
        int metadataLength = (int)blocks.Word((3 * index) + 1);
        long bodyLength = blocks.Word((3 * index) + 2);
        if (offset < 8 || metadataLength < 8 || bodyLength < 0 || offset > _footerStart
            || metadataLength > _footerStart - offset || bodyLength > _footerStart - offset - metadataLength)
        {
            throw ArrowFailure.Corrupt($"A block of the Arrow file at {offset} with {metadataLength} and {bodyLength} bytes was not inside of it.");
        }
        byte* at = _start + offset;
        // files from before Arrow 0.15 have the size without the mark
        int prefix = Unsafe.ReadUnaligned<int>(at) == IpcFormat.Continuation ? 8 : 4;
        long size = Unsafe.ReadUnaligned<int>(at + prefix - 4);
        if (size <= 0 || size > metadataLength - prefix)
            throw ArrowFailure.Corrupt($"A message of the Arrow file at {offset} had {size} bytes of metadata, its block {metadataLength}.");
        FlatTable message = FlatTable.Root(at + prefix, size);
        CheckVersion(message.Short(0));
        if (message.Byte(1) != headerType) throw ArrowFailure.Corrupt($"A message of the Arrow file at {offset} was of the wrong kind {message.Byte(1)}.");
        if (message.Long(3) > bodyLength) throw ArrowFailure.Corrupt($"A message of the Arrow file at {offset} had a body longer than its block.");
        return new IpcMessage(message.Table(2), at + metadataLength, bodyLength, message.Short(0) == IpcFormat.VersionV4);
    }

    private static bool IsMagic(byte* at) => new ReadOnlySpan<byte>(at, IpcFormat.Magic.Length).SequenceEqual(IpcFormat.Magic);

    private static void CheckVersion(short version)
    {
        if (version is not (IpcFormat.VersionV4 or IpcFormat.VersionV5))
            throw ArrowFailure.Unsupported($"The Arrow metadata had version V{version + 1}; V4 and V5 can be read.");
    }
}

/// <summary>A message with its body.</summary>
internal readonly unsafe struct IpcMessage(FlatTable header, byte* body, long bodyLength, bool isV4)
{
    public FlatTable Header { get; } = header;

    public byte* Body { get; } = body;

    public long BodyLength { get; } = bodyLength;

    /// <summary>Whether it is of the version in which unions had a validity bitmap.</summary>
    public bool IsV4 { get; } = isV4;
}
