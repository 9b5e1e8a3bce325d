using System.Runtime.Versioning;
using NUnit.Framework;
using ZkArrow.Segments;

namespace ZkArrow.Tests.Segments;

[TestFixture]
[SupportedOSPlatform("linux")]
public sealed class ChangeBoardTests : SegmentFixture
{
    private static readonly Guid _incarnation = Guid.Parse("01234567-89ab-cdef-0123-456789abcdef");

    private string FilePath => $"{Data.Path}/changes";

    [Test]
    public void What_one_announces_all_others_see()
    {
        ChangeBoard one = ChangeBoard.Open(Data), other = ChangeBoard.Open(Data);
        Assert.That(one.Read(_incarnation), Is.Zero);
        one.Announce(_incarnation);
        other.Announce(_incarnation);
        Assert.That((one.Read(_incarnation), other.Read(_incarnation)), Is.EqualTo((2UL, 2UL)));
        Assert.That(new FileInfo(FilePath).Length, Is.EqualTo(32 * 1024));
        Assert.That((int)File.GetUnixFileMode(FilePath), Is.EqualTo(Convert.ToInt32("660", 8)));
    }

    [Test]
    public void Announcements_of_another_process_are_seen_and_outlive_it()
    {
        ChangeBoard board = ChangeBoard.Open(Data);
        using ChildProcess child = ChildProcess.Start("announce", Data.Path, _incarnation.ToString(), "1000");
        Assert.That(board.Read(_incarnation), Is.EqualTo(1000));
        child.Kill();
        Assert.That(ChangeBoard.Open(Data).Read(_incarnation), Is.EqualTo(1000));
    }

    [Test]
    public void Announcements_of_many_threads_are_all_counted()
    {
        ChangeBoard board = ChangeBoard.Open(Data);
        Parallel.For(0, 8, _ =>
        {
            ChangeBoard own = ChangeBoard.Open(Data);
            for (int i = 0; i < 10_000; i++)
                own.Announce(_incarnation);
        });
        Assert.That(board.Read(_incarnation), Is.EqualTo(80_000));
    }

    [Test]
    public void Many_that_open_it_first_share_one_file()
    {
        using var start = new Barrier(8);
        var boards = new ChangeBoard[8];
        Thread[] threads = [.. Enumerable.Range(0, 8).Select(i => new Thread(() =>
        {
            start.SignalAndWait();
            boards[i] = ChangeBoard.Open(Data);
        }))];
        foreach (Thread thread in threads)
            thread.Start();
        foreach (Thread thread in threads)
            Assert.That(thread.Join(TimeSpan.FromSeconds(60)), Is.True);
        foreach (ChangeBoard board in boards)
            board.Announce(_incarnation);
        Assert.That(boards.Select(board => board.Read(_incarnation)), Is.All.EqualTo(8UL));
    }

    [TestCase(0)]
    [TestCase(32 * 1024 - 1)]
    [TestCase(32 * 1024 + 1)]
    public void A_file_of_another_size_is_corrupt_and_left_alone(int size)
    {
        File.WriteAllBytes(FilePath, new byte[size]);
        ZkArrowException error = Failure(() => ChangeBoard.Open(Data));
        Assert.That(error.Status, Is.EqualTo(ZkArrowStatus.Corrupt));
        Assert.That(error.Message, Does.Contain(FilePath).And.Contain("remove it"));
        Assert.That(new FileInfo(FilePath).Length, Is.EqualTo(size));
    }

    [Test]
    public void A_link_in_its_place_is_corrupt()
    {
        File.WriteAllBytes($"{Data.Path}/real", new byte[32 * 1024]);
        File.CreateSymbolicLink(FilePath, $"{Data.Path}/real");
        Assert.That(Failure(() => ChangeBoard.Open(Data)).Status, Is.EqualTo(ZkArrowStatus.Corrupt));
    }

    [Test]
    public void One_that_may_only_read_it_sees_changes_and_cannot_announce()
    {
        RequireRoot();
        ChangeBoard writer = ChangeBoard.Open(Data);
        Run("mount", "--bind", Data.Path, Data.Path);
        try
        {
            Run("mount", "-o", "remount,bind,ro", Data.Path);
            ChangeBoard reader = ChangeBoard.Open(Data);
            writer.Announce(_incarnation);
            Assert.That((writer.CanAnnounce, reader.CanAnnounce), Is.EqualTo((true, false)));
            Assert.That(reader.Read(_incarnation), Is.EqualTo(1));
            Assert.That(Failure(() => reader.Announce(_incarnation)).Status, Is.EqualTo(ZkArrowStatus.PermissionDenied));
        }
        finally
        {
            // lazily: a board is unmapped by its finalizer
            Run("umount", "-l", Data.Path);
        }
    }

    [Test]
    public void The_slot_of_an_incarnation_is_part_of_the_format()
    {
        Assert.That(ChangeBoard.SlotOf(_incarnation), Is.EqualTo(2534));
        var random = new Random(1);
        byte[] bytes = new byte[16];
        int used = Enumerable.Range(0, 20_000).Select(_ =>
        {
            random.NextBytes(bytes);
            return ChangeBoard.SlotOf(new Guid(bytes));
        }).Distinct().Count();
        Assert.That(used, Is.GreaterThan(4000), "incarnations spread over all slots");
    }
}
