using CsCheck;
using NUnit.Framework;
using ZkArrow.Segments;

namespace ZkArrow.Tests.Segments;

[TestFixture]
public sealed class PoolTests : SegmentFixture
{
    private const long Length = 1 << 20;

    [Test]
    public void A_retired_segment_is_written_again()
    {
        string old = WriteTold(Length);
        ulong inode = StatusOf(old).Inode;
        Data.Retire(old);
        Assert.That(Data.TryMap(old, Length), Is.Null, "its name finds nothing");
        Assert.That((Data.UsedBytes, Data.Pool.Bytes), Is.EqualTo((0, Length)));

        // the second time through a mapping that is there already
        for (int time = 1; time <= 2; time++)
        {
            string name = WriteTold(Length);
            Libc.FileStatus status = StatusOf(name);
            Assert.That((status.Inode, status.Mode & 0xFFF), Is.EqualTo((inode, 0x120)));
            Assert.That((Data.Pool.Bytes, SegmentCounters.WarmMappings, SegmentCounters.WarmBytes), Is.EqualTo((0, 1, Length)));
            using (MappedSegment mapped = Data.Map(name, Length))
                Assert.That(Recycling.IsOf(mapped, name), Is.True);
            Data.Retire(name);
        }
    }

    [Test]
    public void Nothing_is_written_under_a_reader_and_its_file_waits_for_it()
    {
        string old = WriteTold(Length);
        ulong inode = StatusOf(old).Inode;
        using (MappedSegment reader = Data.Map(old, Length))
        {
            Data.Retire(old);
            Assert.That(StatusOf(WriteTold(Length)).Inode, Is.Not.EqualTo(inode));
            Assert.That(Recycling.IsOf(reader, old), Is.True);
        }

        Assert.That(StatusOf(WriteTold(Length)).Inode, Is.EqualTo(inode));
    }

    [Test]
    public void A_reader_in_another_process_keeps_its_bytes()
    {
        string old = WriteTold(Length);
        ulong inode = StatusOf(old).Inode;
        using ChildProcess reader = ChildProcess.Start("map", Data.Path, old, $"{Length}");
        Data.Retire(old);
        Assert.That(StatusOf(WriteTold(Length)).Inode, Is.Not.EqualTo(inode));
        reader.Kill();
        Assert.That(StatusOf(WriteTold(Length)).Inode, Is.EqualTo(inode));
    }

    [TestCase(0.6)]
    [TestCase(1.9)]
    public void A_file_is_cut_or_grown_to_its_new_length(double factor)
    {
        long length = (long)(Length * factor) / 8 * 8;
        for (int time = 0; time < 3; time++)
        {
            Data.Retire(WriteTold(Length));
            string name = WriteTold(length);
            using (MappedSegment mapped = Data.Map(name, length))
                Assert.That(Recycling.IsOf(mapped, name), Is.True);
            Assert.That(StatusOf(name).IsWhole, Is.True);
            Data.Retire(name);
        }

        Assert.That(SegmentCounters.WarmMappings, Is.EqualTo(1));
    }

    [TestCase(SegmentPool.SmallestFile - 8, SegmentPool.SmallestFile - 8, TestName = "Small_files_are_not_kept")]
    [TestCase(Length, 4 * Length, TestName = "A_file_is_not_grown_to_more_than_twice_its_length")]
    [TestCase(4 * Length, Length, TestName = "A_file_is_not_cut_to_less_than_half")]
    public void What_does_not_fit_is_made_anew(long first, long second)
    {
        long recycled = SegmentCounters.RecycledSegments;
        Data.Retire(WriteTold(first));
        WriteTold(second);
        Assert.That(SegmentCounters.RecycledSegments, Is.EqualTo(recycled));
    }

    [Test]
    public void A_file_with_another_name_elsewhere_is_not_written()
    {
        string old = WriteTold(Length), copy = $"{Data.Path}/copy";
        Run("ln", $"{Data.Path}/{old}", copy);
        Data.Retire(old);
        Assert.That(StatusOf(WriteTold(Length)).Inode, Is.Not.EqualTo(StatusOfPath(copy).Inode));
        Assert.That(Data.Pool.Trim(TimeSpan.Zero), Is.True);
        Assert.That(StatusOfPath(copy).Size, Is.EqualTo(Length), "nor cut");
    }

    [Test]
    public void A_file_with_a_hole_is_not_written_because_its_pages_may_not_be_had()
    {
        string old = WriteTold(Length);
        Data.Retire(old);
        Run("fallocate", "--punch-hole", "--offset", "4096", "--length", "8192", Directory.GetFiles(Pooled).Single());
        string name = WriteTold(Length);
        Assert.That(StatusOf(name).IsWhole, Is.True);
        Assert.That(Data.Pool.Bytes, Is.EqualTo(Length));
    }

    [Test]
    public void A_writer_killed_while_it_recycles_leaves_the_file_in_the_pool()
    {
        string old = WriteTold(Length);
        ulong inode = StatusOf(old).Inode;
        Data.Retire(old);
        using ChildProcess child = ChildProcess.Start("write", Data.Path, NewName(), $"{Length}");
        Assert.That(StatusOf(WriteTold(Length)).Inode, Is.Not.EqualTo(inode), "the child is at it");
        Assert.That(Data.Pool.Trim(TimeSpan.Zero), Is.False);
        child.Kill();
        string name = WriteTold(Length);
        Assert.That(StatusOf(name).Inode, Is.EqualTo(inode));
        using MappedSegment mapped = Data.Map(name, Length);
        Assert.That(Recycling.IsOf(mapped, name), Is.True);
    }

    [Test]
    public void A_fill_that_throws_gives_the_file_back()
    {
        Data.Retire(WriteTold(Length));
        Assert.That(() => Data.Write(NewName(), Length, _ => throw new InvalidDataException("by the test")), Throws.TypeOf<InvalidDataException>());
        Assert.That(Failure(() => Data.Write(NewName(), Length, sink => sink.Zeros(Length - 1))).Status, Is.EqualTo(ZkArrowStatus.Internal));
        Assert.That(Failure(() => Data.Write(NewName(), Length, sink => sink.Zeros(Length + 1))).Status, Is.EqualTo(ZkArrowStatus.Internal));
        Assert.That((Data.Pool.Bytes, Data.UsedBytes), Is.EqualTo((Length, 0)));
    }

    [Test]
    public void Old_files_go_and_take_the_mappings_along()
    {
        Data.Retire(WriteTold(Length));
        Data.Retire(WriteTold(Length));
        Assert.That(Data.Pool.Trim(TimeSpan.FromHours(1)), Is.False);
        Assert.That((Data.Pool.Bytes, SegmentCounters.WarmMappings), Is.EqualTo((Length, 1)));
        Assert.That(Data.Pool.Trim(TimeSpan.Zero), Is.True);
        Assert.That((Data.Pool.Bytes, SegmentCounters.WarmMappings), Is.EqualTo((0, 0)));
    }

    [Test]
    public async Task The_last_to_leave_empties_the_pool()
    {
        DataDirectory other = DataDirectory.Open(Data.Path, "unused");
        Data.Retire(WriteTold(Length));
        other.Retire(WriteTold(Length));
        string late = WriteTold(Length);
        await other.CloseAsync();
        Assert.That(Data.Pool.Bytes, Is.Zero, "it was claimed again");
        Data.Retire(late);
        await other.CloseAsync();
        Assert.That(Data.Pool.Bytes, Is.EqualTo(Length));
        await Data.CloseAsync();
        Assert.That(Directory.GetFiles(Pooled), Is.Empty);
        Data.Retire(WriteTold(Length));
        Assert.That((Data.Pool.Bytes, Data.UsedBytes), Is.EqualTo((0, 0)), "a closed one keeps nothing");
    }

    [Test]
    public void What_the_pool_holds_is_space_for_others()
    {
        RequireRoot();
        Run("mount", "-t", "tmpfs", "-o", "size=32m,mode=0750", "zkarrow-tests", Data.Path);
        try
        {
            long free = Data.FreeBytes;
            Data.Retire(WriteTold(2 * Length));
            Assert.That(Data.Pool.Bytes, Is.EqualTo(2 * Length));
            long most = 31 * Length;
            string name = WriteTold(most);
            Assert.That((Data.Pool.Bytes, Data.UsedBytes), Is.EqualTo((0, most)));
            Assert.That(Failure(() => WriteTold(2 * Length)).Status, Is.EqualTo(ZkArrowStatus.NoSpace));

            // more than the pool may have is freed in the background
            Data.Retire(name);
            Assert.That(SpinWait.SpinUntil(() => Data.Pool.Bytes == 0 && Data.FreeBytes == free, TimeSpan.FromSeconds(30)), Is.True);
        }
        finally
        {
            Data.CloseAsync().AsTask().Wait();
            Run("umount", "--lazy", Data.Path);
        }
    }

    [Test]
    public void Whatever_is_done_in_whatever_order_each_name_has_its_own_bytes() =>
        Gen.Select(Gen.Int[0, 4], Gen.Int[0, 7], Gen.Long[SegmentPool.SmallestFile / 8, SegmentPool.SmallestFile / 2]).Array[1, 40].Sample(
            steps =>
            {
                List<(string Name, long Length)> alive = [];
                List<(string Name, MappedSegment Mapped)> held = [];
                foreach ((int step, int which, long words) in steps)
                {
                    if (step <= 1)
                        alive.Add((WriteTold(8 * words), 8 * words));
                    else if (step == 2 && alive.Count > 0)
                        held.Add((alive[which % alive.Count].Name, Data.Map(alive[which % alive.Count].Name, alive[which % alive.Count].Length)));
                    else if (step == 3 && alive.Count > 0)
                        Retire(alive, which % alive.Count);
                    else if (step == 4 && held.Count > 0)
                        Release(held, which % held.Count);
                    Assert.That(held.All(pair => Recycling.IsOf(pair.Mapped, pair.Name)), Is.True);
                    Assert.That(Data.UsedBytes, Is.EqualTo(alive.Sum(file => file.Length)));
                }

                while (alive.Count > 0)
                    Retire(alive, 0);
                while (held.Count > 0)
                    Release(held, 0);
            },
            iter: 200,
            threads: 1);

    [Test]
    public void Writers_and_readers_of_several_processes_never_see_a_torn_segment()
    {
        const int rounds = 300;
        long recycled = SegmentCounters.RecycledSegments, read = 0;
        int running = 1;
        string? torn = null;
        Thread[] readers = [.. Enumerable.Range(0, 2).Select(_ => new Thread(() =>
        {
            while (Volatile.Read(ref running) > 0)
            {
                foreach (SegmentFile file in Data.List())
                {
                    try
                    {
                        using MappedSegment? mapped = Data.TryMap(file.Name, file.Bytes);
                        if (mapped == null)
                            continue;
                        if (!Recycling.IsOf(mapped, file.Name))
                            torn = file.Name;
                        Interlocked.Increment(ref read);
                    }
                    catch (ZkArrowException e)
                    {
                        torn = $"{file.Name}: {e}";
                    }
                }
            }
        }))];
        foreach (Thread reader in readers)
            reader.Start();
        Task[] others = [.. Enumerable.Range(1, 2).Select(seed => Task.Run(() => ChildProcess.Start("recycle", Data.Path, $"{seed}", $"{rounds}").Dispose()))];
        Recycling.Write(Data, 0, rounds);
        Task.WaitAll(others);
        Volatile.Write(ref running, 0);
        foreach (Thread reader in readers)
            Assert.That(reader.Join(TimeSpan.FromSeconds(60)), Is.True);
        Assert.That(torn, Is.Null);
        Assert.That(SegmentCounters.RecycledSegments - recycled, Is.GreaterThan(rounds / 4));
        Assert.That(Interlocked.Read(ref read), Is.Positive);
        TestContext.Out.WriteLine($"{SegmentCounters.RecycledSegments - recycled} of {rounds} recycled, {read} reads");
        Data.Pool.Trim(TimeSpan.Zero);
        Assert.That((Data.Pool.Bytes, Data.List().Count), Is.EqualTo((0, 9)), "three of each writer are alive");
        Assert.That(SegmentCounters.WarmMappings, Is.LessThanOrEqualTo(3));
    }

    private string Pooled => $"{Data.Path}/{SegmentPool.FolderName}";

    private string WriteTold(long length)
    {
        string name = NewName();
        Recycling.Write(Data, name, length).Dispose();
        return name;
    }

    private void Retire(List<(string Name, long Length)> alive, int which)
    {
        Data.Retire(alive[which].Name);
        alive.RemoveAt(which);
    }

    private static void Release(List<(string Name, MappedSegment Mapped)> held, int which)
    {
        held[which].Mapped.Dispose();
        held.RemoveAt(which);
    }

    private Libc.FileStatus StatusOf(string name) => StatusOfPath($"{Data.Path}/{name}");

    private static Libc.FileStatus StatusOfPath(string path)
    {
        Assert.That(Libc.Stat(path, follow: false, out Libc.FileStatus status), Is.True, path);
        return status;
    }
}
