using CsCheck;
using NUnit.Framework;
using ZkArrow.ArrowC;
using ZkArrow.Ipc;
using ZkArrow.Tests.ArrowC;

namespace ZkArrow.Tests.Ipc;

/// <summary>The metadata of messages: what is written is read, and what we cannot read is named.</summary>
[TestFixture, NonParallelizable]
internal sealed unsafe class MetadataTests
{
    [Test]
    public void WhatIsWrittenIsRead() =>
        Gen.Select(Gen.Byte.Array[0, 40], Gen.Long.Array[0, 20], Gen.Short, Gen.Int, Gen.Long, Gen.Bool).Sample(
            (bytes, words, s, i, l, b) =>
            {
                var writer = new FlatWriter();
                int text = writer.Bytes(bytes);
                int vector = writer.Structs(words, 1);
                writer.StartTable(1);
                writer.AddLong(0, l);
                int inner = writer.EndTable();
                int list = writer.References([inner, inner]);
                writer.StartTable(8);
                writer.AddBool(0, b);
                writer.AddShort(1, s);
                writer.AddInt(2, i);
                writer.AddLong(3, l);
                writer.AddReference(4, text);
                writer.AddReference(5, vector);
                writer.AddReference(7, list);
                byte[] buffer = writer.Finish(writer.EndTable());
                Assert.That(buffer.Length % 8, Is.Zero);
                fixed (byte* start = buffer)
                {
                    FlatTable table = FlatTable.Root(start, buffer.Length);
                    Assert.That((table.Bool(0), table.Short(1), table.Int(2), table.Long(3)), Is.EqualTo((b, s, i, l)));
                    Assert.That(table.Bytes(4).SequenceEqual(bytes), Is.True);
                    FlatVector read = table.Vector(5, 8);
                    Assert.That(read.Count, Is.EqualTo(words.Length));
                    for (int w = 0; w < words.Length; w++) Assert.That(read.Word(w), Is.EqualTo(words[w]));
                    Assert.That((read.Items - start) % 8, Is.Zero);
                    Assert.That(table.Has(6), Is.False);
                    Assert.That(table.Item(table.Vector(7, 4), 1).Long(0), Is.EqualTo(l));
                    Assert.That(table.Long(99, 7), Is.EqualTo(7), "a field from the future has its default");
                }
            },
            iter: 500,
            threads: 1);

    [Test]
    public void BigEndianIsNamed()
    {
        var writer = new FlatWriter();
        int fields = writer.References([]);
        writer.StartTable(2);
        writer.AddReference(1, fields);
        writer.AddShort(0, 1);
        byte[] buffer = writer.Finish(writer.EndTable());
        fixed (byte* start = buffer)
        {
            nint at = (nint)start;
            Named("big-endian", () => SchemaDecoder.Decode(FlatTable.Root((byte*)at, buffer.Length), buffer.Length));
        }
    }

    [Test]
    public void CompressionIsNamed()
    {
        var writer = new FlatWriter();
        writer.StartTable(2);
        int compression = writer.EndTable();
        writer.StartTable(4);
        writer.AddReference(3, compression);
        byte[] buffer = writer.Finish(writer.EndTable());
        fixed (byte* start = buffer)
        {
            nint at = (nint)start;
            Named("compressed with LZ4", () => Decode(FlatTable.Root((byte*)at, buffer.Length)));
        }
    }

    [Test]
    public void OldMetadataIsNamed()
    {
        using ArrowTable table = CountedSource.Table(2, 3);
        byte[] file = TestData.Write(table);
        // the footer stands between the mark and its length; its version is the only 16-bit 4 that its vtable's first slot points to
        int footerLength = BitConverter.ToInt32(file, file.Length - 10);
        int footer = file.Length - 10 - footerLength;
        int root = footer + BitConverter.ToInt32(file, footer);
        int vtable = root - BitConverter.ToInt32(file, root);
        file[root + BitConverter.ToUInt16(file, vtable + 4)] = 2;
        Named("V3", () => TestData.ReadBytes(file));
    }

    [Test]
    public void FingerprintsNeverChange()
    {
        // stored beside every dataset: another value here orphans the schemas of all namespaces
        using ArrowTable table = CountedSource.Table(2, 3);
        Assert.That(table.Schema.Fingerprint, Is.EqualTo("2b6c297ea0b20cdf345c7de4bffa519c"));
    }

    private static void Decode(FlatTable batch) => _ = new BatchDecoder(new IpcMessage(batch, null, 0, false), batch, [], null!);

    private static void Named(string word, Action read)
    {
        ZkArrowException failure = Assert.Throws<ZkArrowException>(read)!;
        Assert.That(failure.Status, Is.EqualTo(ZkArrowStatus.Unsupported), failure.Message);
        Assert.That(failure.Message, Does.Contain(word));
    }
}
