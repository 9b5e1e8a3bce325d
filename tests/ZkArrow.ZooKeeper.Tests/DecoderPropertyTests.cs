using CsCheck;
using ZkArrow.ZooKeeper.Protocol;

namespace ZkArrow.ZooKeeper.Tests;

public sealed class DecoderPropertyTests
{
    private static readonly ZkOp[] _ops = [ZkOp.Check("/a", 1), ZkOp.SetData("/a", default), ZkOp.Delete("/a")];

    private static readonly (string Name, Action<byte[]> Decode)[] _decoders =
    [
        ("created", static bytes => Run(Replies.Created, bytes)),
        ("exists", static bytes => Run(Replies.Exists, bytes)),
        ("data", static bytes => Run(Replies.Data, bytes)),
        ("set", static bytes => Run(Replies.Set, bytes)),
        ("children", static bytes => Run(Replies.Children, bytes)),
        ("acl", static bytes => Run(Replies.Acl, bytes)),
        ("multi", static bytes => Run(Replies.Multi(_ops), bytes)),
        ("multi-read", static bytes => Run(MoreReplies.MultiRead(3), bytes)),
        ("paths", static bytes => Run(MoreReplies.Paths, bytes)),
        ("identities", static bytes => Run(MoreReplies.Identities, bytes)),
        ("number", static bytes => Run(MoreReplies.Number, bytes)),
        ("handshake", static bytes => ConnectResponse.Read(bytes)),
        ("header", static bytes =>
        {
            JuteReader reader = new(bytes);
            ReplyHeader.Read(ref reader);
        }),
    ];

    // small integers make lengths and counts that nearly fit, where random bytes are nearly always absurd
    private static readonly Gen<byte[]> _bytes = Gen.OneOf(
        Gen.Byte.Array[0, 200],
        Gen.OneOf(Gen.Int[-2, 40], Gen.Int).Array[0, 40].Select(static ints =>
            ints.SelectMany(static i => new[] { (byte)(i >> 24), (byte)(i >> 16), (byte)(i >> 8), (byte)i }).ToArray()));

    private static readonly Gen<ZkStat> _stat =
        from longs in Gen.Long.Array[6]
        from ints in Gen.Int.Array[5]
        select new ZkStat(longs[0], longs[1], longs[2], longs[3], ints[0], ints[1], ints[2], longs[4], ints[3], ints[4], longs[5]);

    [Test]
    public void Whatever_the_bytes_are_decoders_end_or_throw_their_error() =>
        _bytes.Sample(static bytes =>
        {
            foreach ((_, Action<byte[]> decode) in _decoders)
                _ = IsRefused(decode, bytes);
        }, iter: 20_000);

    [Test]
    public void Children_come_back_as_written_and_no_prefix_of_them_is_taken() =>
        (from names in Gen.String.Array[0, 10] from stat in _stat select (names, stat)).Sample(static sample =>
        {
            byte[] bytes = Write((ref JuteWriter writer) =>
            {
                writer.WriteInt(sample.names.Length);
                foreach (string name in sample.names)
                    writer.WriteString(name);
                WriteStat(ref writer, sample.stat);
            });
            ZkChildren read = Run(Replies.Children, bytes);
            // lone surrogates have no UTF-8: they are replaced when written
            IEnumerable<string> written = sample.names.Select(static name =>
                System.Text.Encoding.UTF8.GetString(System.Text.Encoding.UTF8.GetBytes(name)));
            return read.Names.SequenceEqual(written) && read.Stat == sample.stat
                && Prefixes(bytes).All(static prefix => IsRefused(static b => Run(Replies.Children, b), prefix));
        }, iter: 500);

    [Test]
    public void Data_comes_back_as_written_and_no_prefix_of_it_is_taken() =>
        (from data in Gen.Byte.Array[0, 300] from stat in _stat select (data, stat)).Sample(static sample =>
        {
            byte[] bytes = Write((ref JuteWriter writer) =>
            {
                writer.WriteBuffer(sample.data);
                WriteStat(ref writer, sample.stat);
            });
            ZkData read = Run(Replies.Data, bytes);
            return read.Data.SequenceEqual(sample.data) && read.Stat == sample.stat
                && Prefixes(bytes).All(static prefix => IsRefused(static b => Run(Replies.Data, b), prefix));
        }, iter: 500);

    [Test]
    public void A_count_the_packet_cannot_hold_allocates_nothing()
    {
        byte[] bytes = [0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 0];
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.That(() => Run(Replies.Children, bytes), Throws.InstanceOf<ZkProtocolException>());
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(1 << 20));
    }

    [Test]
    public void A_writer_over_its_limit_only_counts()
    {
        JuteWriter writer = new(limit: 100);
        writer.WriteBuffer(new byte[1000]);
        writer.WriteLong(1);
        Assert.That(writer.IsTooLarge, Is.True);
        Assert.That(writer.PacketLength, Is.EqualTo(1012));
        Assert.That(() => writer.Finish(), Throws.InvalidOperationException);
        writer.Discard();
    }

    private delegate void Writing(ref JuteWriter writer);

    private static byte[] Write(Writing write)
    {
        JuteWriter writer = new(int.MaxValue);
        write(ref writer);
        Packet packet = writer.Finish();
        byte[] bytes = packet.Span[4..].ToArray();
        packet.Return();
        return bytes;
    }

    private static void WriteStat(ref JuteWriter writer, in ZkStat s)
    {
        foreach (long value in (long[])[s.Czxid, s.Mzxid, s.Ctime, s.Mtime])
            writer.WriteLong(value);
        foreach (int value in (int[])[s.Version, s.Cversion, s.Aversion])
            writer.WriteInt(value);
        writer.WriteLong(s.EphemeralOwner);
        writer.WriteInt(s.DataLength);
        writer.WriteInt(s.NumChildren);
        writer.WriteLong(s.Pzxid);
    }

    private static IEnumerable<byte[]> Prefixes(byte[] bytes) => Enumerable.Range(0, bytes.Length).Select(n => bytes[..n]);

    private static T Run<T>(ReplyDecoder<T> decoder, byte[] bytes)
    {
        JuteReader reader = new(bytes);
        return decoder(ref reader, new ReplyContext(1, ZkErrorCode.Ok, "/chroot"));
    }

    private static bool IsRefused(Action<byte[]> decode, byte[] bytes)
    {
        try
        {
            decode(bytes);
            return false;
        }
        catch (ZkProtocolException)
        {
            return true;
        }
    }
}
