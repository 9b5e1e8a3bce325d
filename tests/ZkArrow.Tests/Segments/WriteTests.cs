using System.Runtime.Versioning;
using NUnit.Framework;
using ZkArrow.Segments;

namespace ZkArrow.Tests.Segments;

[TestFixture]
[SupportedOSPlatform("linux")]
public sealed unsafe class WriteTests : SegmentFixture
{
    [TestCase(1)]
    [TestCase(4096)]
    [TestCase(131_072)]
    [TestCase(5_000_001)]
    public void What_is_written_is_mapped(int length)
    {
        string name = Write(Data, length);
        using MappedSegment segment = Data.Map(name, length);
        Assert.That(Bytes(segment), Is.EqualTo(Content(length)));
    }

    [Test]
    public void Pieces_of_every_size_and_zeros_between_them_come_out_in_order()
    {
        var random = new Random(7);
        var expected = new MemoryStream();
        var pieces = new List<byte[]?>();
        var zeros = new List<int>();
        for (int i = 0; i < 300; i++)
        {
            int size = i % 50 == 0 ? random.Next(400_000) : random.Next(5_000);
            byte[]? piece = i % 3 == 1 ? null : new byte[size];
            if (piece is not null)
                random.NextBytes(piece);
            pieces.Add(piece);
            zeros.Add(size);
            expected.Write(piece ?? new byte[size]);
        }

        string name = NewName();
        Data.Write(name, expected.Length, sink =>
        {
            for (int i = 0; i < pieces.Count; i++)
                if (pieces[i] is { } piece)
                    fixed (byte* start = piece)
                        sink.Write(start, piece.Length);
                else
                    sink.Zeros(zeros[i]);
        });
        using MappedSegment segment = Data.Map(name, expected.Length);
        Assert.That(Bytes(segment), Is.EqualTo(expected.ToArray()));
    }

    [Test]
    public void A_published_segment_is_readable_by_owner_and_group_only()
    {
        string path = $"{Data.Path}/{Write(Data, 10)}";
        Assert.That(File.GetUnixFileMode(path), Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.GroupRead));
        Assert.That(
            File.GetUnixFileMode(Path.GetDirectoryName(path)!),
            Is.EqualTo(UnixFileMode.SetGroup | UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
                | UnixFileMode.GroupRead | UnixFileMode.GroupExecute));
    }

    [Test]
    public void A_fill_that_throws_leaves_nothing()
    {
        int files = OpenFiles();
        Assert.That(
            () => Data.Write(NewName(), 1 << 20, _ => throw new InvalidDataException("by the test")),
            Throws.TypeOf<InvalidDataException>());
        Assert.That(AllFiles(), Is.Empty);
        Assert.That(OpenFiles(), Is.EqualTo(files));
    }

    [TestCase(99, 100)]
    [TestCase(101, 100)]
    public void A_fill_of_another_length_is_an_internal_error_and_leaves_nothing(int written, int announced)
    {
        ZkArrowException error = Failure(() => Data.Write(NewName(), announced, sink => sink.Zeros(written)));
        Assert.That(error.Status, Is.EqualTo(ZkArrowStatus.Internal));
        Assert.That(AllFiles(), Is.Empty);
    }

    [Test]
    public void A_name_is_never_used_twice()
    {
        string name = Write(Data, 10);
        ZkArrowException error = Failure(() => WritePinned(Data, name, 20));
        Assert.That(error.Status, Is.EqualTo(ZkArrowStatus.Internal));
        Assert.That(new FileInfo($"{Data.Path}/{name}").Length, Is.EqualTo(10));
    }

    [Test]
    public void A_writer_killed_while_filling_leaves_nothing()
    {
        using ChildProcess child = ChildProcess.Start("write", Data.Path, NewName(), $"{8 << 20}");
        child.Kill();
        Assert.That(AllFiles(), Is.Empty);
        Assert.That(Data.List(), Is.Empty);
    }

    [Test]
    public void A_directory_swept_while_its_first_segment_is_written_is_made_again()
    {
        string name = NewName();
        Data.Write(name, 10, sink =>
        {
            Assert.That(Data.Candidates(TimeSpan.Zero).RemoveNow(_ => false), Is.Zero);
            Assert.That(Directory.Exists($"{Data.Path}/inc"), Is.False);
            sink.Zeros(10);
        });
        using MappedSegment segment = Data.Map(name, 10);
        Assert.That(Bytes(segment), Is.EqualTo(new byte[10]));
    }

    [TestCase("../outside.arrow")]
    [TestCase("inc/../../outside.arrow")]
    [TestCase("/inc/x.arrow")]
    [TestCase("inc/.hidden.arrow")]
    [TestCase("inc/a\0b.arrow")]
    [TestCase("inc/x.parquet")]
    [TestCase("inc/deeper/x.arrow")]
    [TestCase("x.arrow")]
    [TestCase("")]
    public void A_name_that_could_leave_the_directory_is_refused(string name)
    {
        Assert.That(Failure(() => WritePinned(Data, name, 10)).Status, Is.EqualTo(ZkArrowStatus.InvalidArgument));
        Assert.That(Failure(() => Data.TryMap(name, 10)).Status, Is.EqualTo(ZkArrowStatus.InvalidArgument));
        Assert.That(Failure(() => Data.Unlink(name)).Status, Is.EqualTo(ZkArrowStatus.InvalidArgument));
    }

    [Test]
    public void An_unlinked_segment_is_gone_and_unlinking_again_says_so()
    {
        string name = Write(Data, 10);
        Assert.That(Data.Unlink(name), Is.True);
        Assert.That(Data.Unlink(name), Is.False);
        Assert.That(Data.TryMap(name, 10), Is.Null);
    }

    [Test]
    public void A_renamed_segment_keeps_its_bytes_and_its_pin_and_replaces_nothing()
    {
        string from = NewName(), to = NewName("other"), taken = Write(Data, 20);
        using (WritePinned(Data, from, 10))
        {
            Assert.That(Failure(() => Data.Rename(from, taken)).Status, Is.EqualTo(ZkArrowStatus.Internal));
            Assert.That(Data.Rename(from, to), Is.True);
            Assert.That(Data.Candidates(TimeSpan.Zero).RemoveNow(name => name == taken), Is.Zero);
        }

        using MappedSegment segment = Data.Map(to, 10), untouched = Data.Map(taken, 20);
        Assert.That((Bytes(segment), Bytes(untouched)), Is.EqualTo((Content(10), Content(20))));
        Assert.That(Data.Rename(from, NewName()), Is.False);
    }

    [Test]
    public void Removing_an_incarnation_removes_its_segments_and_no_others()
    {
        Write(Data, 10, "gone");
        Write(Data, 10, "gone");
        string stays = Write(Data, 30, "stays");
        Data.RemoveIncarnation("gone");
        Data.RemoveIncarnation("gone");
        Assert.That(Data.List().Select(file => (file.Name, file.Bytes)), Is.EqualTo(new[] { (stays, 30L) }));
        Assert.That(Directory.Exists($"{Data.Path}/gone"), Is.False);
        Assert.That(Data.UsedBytes, Is.EqualTo(30));
    }

    private string[] AllFiles() => Directory.GetFiles(Data.Path, "*", SearchOption.AllDirectories);
}
