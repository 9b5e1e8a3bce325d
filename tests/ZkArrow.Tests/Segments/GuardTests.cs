using System.Runtime.Versioning;
using NUnit.Framework;
using ZkArrow.Segments;

namespace ZkArrow.Tests.Segments;

/// <summary>What another process takes away from a mapping: the guard stands beside this assembly as beside any application.</summary>
[TestFixture]
[SupportedOSPlatform("linux")]
public sealed unsafe class GuardTests : SegmentFixture
{
    private const int Length = 40_000;

    [TestCase(0)]
    [TestCase(4096)]
    [TestCase(20_000)]
    [TestCase(Length - 1)]
    public void A_truncated_segment_reads_as_zeros_and_is_corrupt(int left)
    {
        string name = Write(Data, Length);
        using MappedSegment segment = Data.Map(name, Length);
        segment.ThrowIfDamaged();
        Truncate(name, left);
        byte[] expected = Content(Length);
        expected.AsSpan(left).Clear();
        Assert.That(Bytes(segment), Is.EqualTo(expected));
        ZkArrowException error = Failure(segment.ThrowIfDamaged);
        Assert.That(error.Status, Is.EqualTo(ZkArrowStatus.Corrupt));
        Assert.That(error.Message, Does.Contain($"{Data.Path}/{name} was truncated by another process"));
    }

    [Test]
    public void It_stays_corrupt_when_the_file_grows_again()
    {
        string name = Write(Data, Length);
        using MappedSegment segment = Data.Map(name, Length);
        Truncate(name, 0);
        Truncate(name, Length);
        Assert.That(Failure(segment.ThrowIfDamaged).Status, Is.EqualTo(ZkArrowStatus.Corrupt));
        Assert.That(Failure(() => Data.Map(name, Length)).Message, Does.Contain("truncated by another process"));
    }

    [Test]
    public void The_next_mapping_at_its_place_is_sound()
    {
        for (int round = 0; round < 50; round++)
        {
            string name = Write(Data, Length);
            using (MappedSegment segment = Data.Map(name, Length))
            {
                Truncate(name, 0);
                Assert.That(segment.Start[Length - 1], Is.Zero);
            }

            string next = Write(Data, Length);
            using MappedSegment sound = Data.Map(next, Length);
            sound.ThrowIfDamaged();
            Assert.That(Bytes(sound), Is.EqualTo(Content(Length)));
            Assert.That(SegmentGuard.IsPoisoned(sound.Start), Is.False);
        }
    }

    [TestCase(100_000)]
    [TestCase(400_000)]
    public void What_was_lost_is_not_written_again(int length)
    {
        string name = Write(Data, length);
        using MappedSegment segment = Data.Map(name, length);
        Truncate(name, 8192);
        string copy = NewName();
        Assert.That(Failure(() => Data.Write(copy, length, sink => sink.Write(segment.Start, length))).Status, Is.EqualTo(ZkArrowStatus.Corrupt));
        Assert.That(Data.List().Select(file => file.Name), Is.EqualTo(new[] { name }));
    }

    [Test]
    public void A_truncated_change_board_is_corrupt()
    {
        ChangeBoard board = ChangeBoard.Open(Data);
        board.ThrowIfDamaged();
        Truncate("changes", 0);
        Assert.That(Failure(() => board.Read(Guid.NewGuid())).Status, Is.EqualTo(ZkArrowStatus.Corrupt));
        Assert.That(Failure(() => board.Announce(Guid.NewGuid())).Status, Is.EqualTo(ZkArrowStatus.Corrupt));
        Assert.That(Failure(() => ChangeBoard.Open(Data)).Status, Is.EqualTo(ZkArrowStatus.Corrupt));
    }

    [Test]
    public void Without_the_library_an_application_maps_unguarded()
    {
        string name = Write(Data, Length);
        using ChildProcess child = ChildProcess.Start("map-unguarded", Data.Path, name, Length.ToString());
    }

    private void Truncate(string name, long length)
    {
        string path = $"{Data.Path}/{name}";
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        using var file = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        file.SetLength(length);
    }
}
