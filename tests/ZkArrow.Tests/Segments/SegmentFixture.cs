using System.Diagnostics;
using NUnit.Framework;
using ZkArrow.Segments;

namespace ZkArrow.Tests.Segments;

/// <summary>Gives every test a data directory of its own on tmpfs, and checks that nothing stays mapped or pinned.</summary>
[NonParallelizable]
public abstract unsafe class SegmentFixture
{
    private protected const string Skip = "ZKARROW_SKIP_MOUNT_TESTS";

    private protected DataDirectory Data { get; private set; } = null!;

    [SetUp]
    public void OpenDirectory() =>
        Data = DataDirectory.Open($"/dev/shm/zkarrow-tests-{Environment.ProcessId}/{Guid.NewGuid():N}", "unused");

    [TearDown]
    public void RemoveDirectory()
    {
        Directory.Delete(Path.GetDirectoryName(Data.Path)!, recursive: true);
        Assert.That(
            (SegmentCounters.MappedSegments, SegmentCounters.MappedBytes, SegmentCounters.OpenPins), Is.EqualTo((0L, 0L, 0L)));
    }

    private protected static string NewName(string incarnation = "inc") => $"{incarnation}/1-1-{Guid.NewGuid():N}.arrow";

    /// <summary>Writes a segment of a recognizable content and lets go of the writer's pin.</summary>
    private protected static string Write(DataDirectory data, long length, string incarnation = "inc")
    {
        string name = NewName(incarnation);
        WritePinned(data, name, length).Dispose();
        return name;
    }

    private protected static SegmentPin WritePinned(DataDirectory data, string name, long length) =>
        data.Write(name, length, sink =>
        {
            byte[] bytes = Content(length);
            fixed (byte* start = bytes)
                sink.Write(start, length);
        });

    private protected static byte[] Content(long length)
    {
        byte[] bytes = new byte[length];
        for (int i = 0; i < bytes.Length; i++)
            bytes[i] = (byte)(i * 31 >> 3);
        return bytes;
    }

    private protected static byte[] Bytes(MappedSegment segment) =>
        new ReadOnlySpan<byte>(segment.Start, (int)segment.Length).ToArray();

    private protected static int OpenFiles() => Directory.GetFileSystemEntries("/proc/self/fd").Length;

    private protected static ZkArrowException Failure(Action action) => Assert.Throws<ZkArrowException>(action)!;

    /// <summary>Ends the test as ignored only when the environment says so; otherwise a missing right is a failure.</summary>
    private protected static void RequireRoot()
    {
        if (Environment.UserName == "root")
            return;
        if (Environment.GetEnvironmentVariable(Skip) == "1")
            Assert.Ignore($"{Skip}=1");
        Assert.Fail($"This test mounts file systems and changes owners: run it as root, or set {Skip}=1 to do without it.");
    }

    private protected static void Run(string program, params string[] arguments)
    {
        using Process process = Process.Start(program, arguments);
        Assert.That(process.WaitForExit(TimeSpan.FromSeconds(30)), Is.True, $"{program} did not end");
        Assert.That(process.ExitCode, Is.Zero, $"{program} {string.Join(' ', arguments)}");
    }
}
