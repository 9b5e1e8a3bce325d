using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using NUnit.Framework;
using ZkArrow.Segments;

namespace ZkArrow.Tests.Segments;

[TestFixture]
[SupportedOSPlatform("linux")]
public sealed unsafe partial class MapTests : SegmentFixture
{
    [Test]
    public void A_missing_segment_is_null_for_TryMap_and_lost_data_for_Map()
    {
        Assert.That(Data.TryMap("inc/none.arrow", 10), Is.Null);
        Assert.That(Failure(() => Data.Map("inc/none.arrow", 10)).Status, Is.EqualTo(ZkArrowStatus.DataLost));
    }

    [TestCase(5)]
    [TestCase(15)]
    [TestCase(0)]
    public void A_file_of_another_length_is_corrupt(int length)
    {
        string name = Write(Data, 10);
        SetLength(name, length);
        ZkArrowException error = Failure(() => Data.TryMap(name, 10));
        Assert.That(error.Status, Is.EqualTo(ZkArrowStatus.Corrupt));
        Assert.That(error.Message, Does.Contain($"was {length} bytes and its manifest says 10"));
    }

    [Test]
    public void A_file_truncated_while_it_is_mapped_is_corrupt_for_the_next_reader()
    {
        string name = Write(Data, 10_000);
        using MappedSegment first = Data.Map(name, 10_000);
        SetLength(name, 100);
        Assert.That(Failure(() => Data.TryMap(name, 10_000)).Status, Is.EqualTo(ZkArrowStatus.Corrupt));
    }

    [Test]
    public void Whatever_else_stands_in_its_place_is_corrupt_and_never_waits()
    {
        string target = Write(Data, 10);
        string fifo = NewName(), link = NewName(), directory = NewName();
        const string socket = "inc/s.arrow";
        Assert.That(mkfifo($"{Data.Path}/{fifo}", 0x1B0), Is.Zero);
        File.CreateSymbolicLink($"{Data.Path}/{link}", $"{Data.Path}/{target}");
        Directory.CreateDirectory($"{Data.Path}/{directory}");
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint($"{Data.Path}/{socket}"));
        int files = OpenFiles();
        foreach (string name in new[] { fifo, link, directory, socket })
            Assert.That(Failure(() => Data.TryMap(name, 10)).Status, Is.EqualTo(ZkArrowStatus.Corrupt), name);
        Assert.That(OpenFiles(), Is.EqualTo(files));
        Assert.That(Data.List().Select(file => file.Name), Is.EqualTo(new[] { target }));
    }

    [Test]
    public void All_users_share_one_mapping_until_the_last_is_done()
    {
        string name = Write(Data, 10_000);
        DataDirectory other = DataDirectory.Open(Data.Path, "unused");
        MappedSegment first = Data.Map(name, 10_000), second = other.Map(name, 10_000);
        Assert.That(second, Is.SameAs(first));
        Assert.That(Held, Is.EqualTo((1L, 10_000L, 1L)));
        first.AddRef();
        first.Dispose();
        first.Dispose();
        Assert.That(Bytes(second), Is.EqualTo(Content(10_000)));
        second.Dispose();
        Assert.That(SegmentCounters.MappedSegments, Is.Zero);
        Assert.That(second.TryAddRef(), Is.False);
        Assert.That(Failure(second.Dispose).Status, Is.EqualTo(ZkArrowStatus.InvalidHandle));
        Assert.That(Failure(second.AddRef).Status, Is.EqualTo(ZkArrowStatus.InvalidHandle));
    }

    [Test]
    public void Bytes_stay_readable_after_the_segment_is_unlinked()
    {
        string name = Write(Data, 1_000_000);
        using MappedSegment segment = Data.Map(name, 1_000_000);
        Data.Unlink(name);
        Assert.That(Bytes(segment), Is.EqualTo(Content(1_000_000)));
        Assert.That(Data.TryMap(name, 1_000_000), Is.Null);
    }

    [Test]
    public void A_new_segment_is_never_taken_for_one_that_is_gone()
    {
        // inode numbers are used again; bytes of an old mapping must not come back with them
        for (int i = 1; i < 200; i++)
        {
            string name = Write(Data, i * 100);
            using (MappedSegment segment = Data.Map(name, i * 100))
                Assert.That(segment.Length, Is.EqualTo(i * 100));
            Data.Unlink(name);
        }
    }

    [Test]
    public void Eight_threads_map_and_release_one_segment()
    {
        string name = Write(Data, 10_000);
        byte expected = Content(10_000)[9_999];
        var wrong = 0;
        Thread[] threads = [.. Enumerable.Range(0, 8).Select(_ => new Thread(() =>
        {
            for (int i = 0; i < 10_000; i++)
            {
                using MappedSegment segment = Data.Map(name, 10_000);
                if (segment.Length != 10_000 || segment.Start[9_999] != expected)
                    Interlocked.Increment(ref wrong);
            }
        }))];
        foreach (Thread thread in threads)
            thread.Start();
        foreach (Thread thread in threads)
            Assert.That(thread.Join(TimeSpan.FromSeconds(120)), Is.True);
        Assert.That(wrong, Is.Zero);
        Assert.That(Held, Is.EqualTo((0L, 0L, 0L)));
    }

    [Test]
    public void A_lost_mapping_is_unmapped_by_its_finalizer()
    {
        string name = Write(Data, 10_000);
        Lose(name);
        long start = Environment.TickCount64;
        while (SegmentCounters.OpenPins != 0 && Environment.TickCount64 - start < 30_000)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        Assert.That((SegmentCounters.MappedSegments, SegmentCounters.OpenPins), Is.EqualTo((0L, 0L)));
        using MappedSegment again = Data.Map(name, 10_000);
        Assert.That(Bytes(again), Is.EqualTo(Content(10_000)));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Lose(string name)
    {
        Data.Map(name, 10_000).AddRef();
        Assert.That(SegmentCounters.MappedSegments, Is.EqualTo(1));
    }

    private void SetLength(string name, long length)
    {
        string path = $"{Data.Path}/{name}";
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);

        // shared with all, because .NET locks a file otherwise
        using var file = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        file.SetLength(length);
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int mkfifo(string path, uint mode);
}
