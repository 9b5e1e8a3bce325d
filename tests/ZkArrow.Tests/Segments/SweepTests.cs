using System.Collections.Concurrent;
using NUnit.Framework;
using ZkArrow.Segments;

namespace ZkArrow.Tests.Segments;

[TestFixture]
public sealed class SweepTests : SegmentFixture
{
    [Test]
    public void Only_old_unreferenced_segments_go()
    {
        string orphan = Write(Data, 10), referenced = Write(Data, 20);
        Assert.That(Data.Candidates(TimeSpan.FromHours(1)).Names, Is.Empty, "both are young");
        Assert.That(Data.Candidates(TimeSpan.Zero).RemoveNow(name => name == referenced), Is.EqualTo(1));
        Assert.That(Data.List().Select(file => file.Name), Is.EqualTo(new[] { referenced }));
        Assert.That(Data.TryMap(orphan, 10), Is.Null);
    }

    [Test]
    public void What_is_written_after_the_listing_is_not_touched()
    {
        SweepCandidates candidates = Data.Candidates(TimeSpan.Zero);
        string late = Write(Data, 10);
        Assert.That(candidates.RemoveNow(_ => false), Is.Zero);
        Assert.That(Data.List().Select(file => file.Name), Is.EqualTo(new[] { late }));
    }

    [Test]
    public void A_segment_mapped_by_this_process_stays_until_it_is_released()
    {
        string name = Write(Data, 10);
        using (Data.Map(name, 10))
            Assert.That(Data.Candidates(TimeSpan.Zero).RemoveNow(_ => false), Is.Zero);
        Assert.That(Data.Candidates(TimeSpan.Zero).RemoveNow(_ => false), Is.EqualTo(1));
    }

    [Test]
    public void A_segment_stays_until_its_writer_has_committed()
    {
        using (WritePinned(Data, NewName(), 10))
            Assert.That(Data.Candidates(TimeSpan.Zero).RemoveNow(_ => false), Is.Zero);
        Assert.That(Data.Candidates(TimeSpan.Zero).RemoveNow(_ => false), Is.EqualTo(1));
    }

    [Test]
    public void A_segment_mapped_by_another_process_stays_until_that_process_dies()
    {
        string name = Write(Data, 10);
        using ChildProcess child = ChildProcess.Start("map", Data.Path, name, "10");
        Assert.That(Data.Candidates(TimeSpan.Zero).RemoveNow(_ => false), Is.Zero);
        child.Kill();
        Assert.That(Data.Candidates(TimeSpan.Zero).RemoveNow(_ => false), Is.EqualTo(1));
    }

    [Test]
    public void Empty_directories_go_when_they_are_old()
    {
        Write(Data, 10, "emptied");
        string stays = Write(Data, 10, "stays");
        Data.Candidates(TimeSpan.Zero).RemoveNow(name => name == stays);
        Data.Candidates(TimeSpan.FromHours(1)).RemoveNow(name => name == stays);
        Assert.That(Directory.Exists($"{Data.Path}/emptied"), Is.True, "it is young");
        Data.Candidates(TimeSpan.Zero).RemoveNow(name => name == stays);
        Assert.That(Directory.GetDirectories(Data.Path), Is.EqualTo(new[] { $"{Data.Path}/stays" }));
    }

    [Test]
    public void A_sweep_never_leaves_the_directory()
    {
        DataDirectory elsewhere = DataDirectory.Open($"{Data.Path}-elsewhere", "unused");
        string name = Write(elsewhere, 10, "inc");
        Directory.CreateSymbolicLink($"{Data.Path}/inc", $"{elsewhere.Path}/inc");
        Assert.That(Data.Candidates(TimeSpan.Zero).RemoveNow(_ => false), Is.Zero);
        Assert.That(Failure(() => Data.RemoveIncarnation("inc")).Status, Is.EqualTo(ZkArrowStatus.Corrupt));
        Assert.That(elsewhere.List().Select(file => file.Name), Is.EqualTo(new[] { name }));
    }

    [Test]
    public void Writers_and_readers_and_sweepers_at_once_lose_nothing_they_hold()
    {
        // every write goes into a directory that sweepers remove as soon as it is empty
        const int writers = 4, rounds = 400;
        int running = writers, removed = 0, swept = 0;
        var errors = new ConcurrentQueue<string>();
        IEnumerable<Thread> writing = Enumerable.Range(0, writers).Select(w => new Thread(() => Guard(errors, () =>
        {
            for (int i = 0; i < rounds; i++)
            {
                string name = NewName($"inc{i % 3}");
                using SegmentPin pin = WritePinned(Data, name, 5_000);
                using MappedSegment? segment = Data.TryMap(name, 5_000);
                if (segment is null)
                    errors.Enqueue($"{name} was swept under its pin");
            }
        }, () => Interlocked.Decrement(ref running))));
        IEnumerable<Thread> sweeping = Enumerable.Range(0, 2).Select(_ => new Thread(() => Guard(errors, () =>
        {
            while (Volatile.Read(ref running) > 0)
            {
                Interlocked.Add(ref removed, Data.Candidates(TimeSpan.Zero).RemoveNow(_ => false));
                Interlocked.Increment(ref swept);
            }
        }, () => { })));
        Thread[] threads = [.. writing, .. sweeping];
        foreach (Thread thread in threads)
            thread.Start();
        foreach (Thread thread in threads)
            Assert.That(thread.Join(TimeSpan.FromSeconds(120)), Is.True);
        Assert.That(errors, Is.Empty);
        removed += Data.Candidates(TimeSpan.Zero).RemoveNow(_ => false);
        Assert.That(removed, Is.EqualTo(writers * rounds), $"each segment is removed by exactly one of {swept} sweeps");
    }

    [Test]
    public void A_reader_and_a_sweeper_of_one_segment_agree_who_was_first()
    {
        for (int round = 0; round < 300; round++)
        {
            string name = Write(Data, 4_096);
            SweepCandidates candidates = Data.Candidates(TimeSpan.Zero);
            int removed = 0;
            using var start = new Barrier(2);
            var sweeper = new Thread(() =>
            {
                start.SignalAndWait();
                removed = candidates.RemoveNow(_ => false);
            });
            sweeper.Start();
            start.SignalAndWait();
            using MappedSegment? segment = Data.TryMap(name, 4_096);
            Assert.That(sweeper.Join(TimeSpan.FromSeconds(60)), Is.True);
            Assert.That(removed, Is.EqualTo(segment is null ? 1 : 0), $"round {round}");
            Data.Unlink(name);
        }
    }

    [Test]
    public void A_reader_waits_for_a_sweeper_to_decide()
    {
        string name = Write(Data, 10);
        int fd = Libc.open($"{Data.Path}/{name}", Libc.O_RDONLY | Libc.O_CLOEXEC, 0);
        Assert.That(Libc.flock(fd, Libc.LOCK_EX | Libc.LOCK_NB), Is.Zero);
        bool mapped = false;
        var reader = new Thread(() =>
        {
            using MappedSegment? segment = Data.TryMap(name, 10);
            mapped = segment is not null;
        });
        reader.Start();
        bool waits = SpinWait.SpinUntil(
            () => reader.ThreadState.HasFlag(ThreadState.WaitSleepJoin), TimeSpan.FromSeconds(30));
        Assert.That(waits, Is.True);
        Assert.That(mapped, Is.False);
        Libc.close(fd);
        Assert.That(reader.Join(TimeSpan.FromSeconds(30)), Is.True);
        Assert.That(mapped, Is.True);
    }

    private static void Guard(ConcurrentQueue<string> errors, Action action, Action last)
    {
        try
        {
            action();
        }
        catch (ZkArrowException e)
        {
            errors.Enqueue(e.ToString());
        }
        finally
        {
            last();
        }
    }
}
