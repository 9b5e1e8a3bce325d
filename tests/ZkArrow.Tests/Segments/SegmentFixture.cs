using System.Diagnostics;
using NUnit.Framework;
using ZkArrow.Ipc;
using ZkArrow.Segments;

namespace ZkArrow.Tests.Segments;

/// <summary>
/// Gives every test a data directory of its own on tmpfs, and checks that nothing stays mapped or pinned.
/// </summary>
[NonParallelizable]
public abstract unsafe class SegmentFixture
{
    private protected const string Skip = "ZKARROW_SKIP_MOUNT_TESTS";

    private protected DataDirectory Data { get; private set; } = null!;

    /// <summary>What this process holds: mappings, their bytes, pins.</summary>
    private protected static (long Segments, long Bytes, long Pins) Held =>
        (SegmentCounters.MappedSegments, SegmentCounters.MappedBytes, SegmentCounters.OpenPins);

    [SetUp]
    public void OpenDirectory() =>
        Data = DataDirectory.Open($"/dev/shm/zkarrow-tests-{Environment.ProcessId}/{Guid.NewGuid():N}", "unused");

    [TearDown]
    public void RemoveDirectory()
    {
        Data.CloseAsync().AsTask().Wait();
        Assert.That((SegmentCounters.WarmMappings, SegmentCounters.WarmBytes), Is.EqualTo((0L, 0L)));
        Directory.Delete(Path.GetDirectoryName(Data.Path)!, recursive: true);
        Assert.That(Held, Is.EqualTo((0L, 0L, 0L)));
    }

    private protected static string NewName(string incarnation = "inc") => $"{incarnation}/1-1-{Guid.NewGuid():N}.arrow";

    /// <summary>Writes a segment of a recognizable content and lets go of the writer's pin.</summary>
    private protected static string Write(DataDirectory data, long length, string incarnation = "inc")
    {
        string name = NewName(incarnation);
        data.Write(name, length, Fill(length));
        return name;
    }

    private protected static SegmentPin WritePinned(DataDirectory data, string name, long length) =>
        data.WritePinned(name, length, Fill(length));

    private static Action<IIpcSink> Fill(long length) => sink =>
    {
        fixed (byte* start = Content(length))
            sink.Write(start, length);
    };

    private protected static byte[] Content(long length)
    {
        byte[] bytes = new byte[length];
        for (int i = 0; i < bytes.Length; i++)
            bytes[i] = (byte)(i * 31 >> 3);
        return bytes;
    }

    private protected static byte[] Bytes(MappedSegment segment) =>
        new ReadOnlySpan<byte>(segment.Start, (int)segment.Length).ToArray();

    /// <summary>Files of the data directory that this process has open; the test runner's own come and go.</summary>
    private protected int OpenFiles() => Directory.GetFiles("/proc/self/fd")
        .Count(file => new FileInfo(file).LinkTarget?.StartsWith(Data.Path, StringComparison.Ordinal) == true);

    private protected static ZkArrowException Failure(Action action) => Assert.Throws<ZkArrowException>(action)!;

    /// <summary>
    /// Ends the test as ignored only when the environment says so; otherwise a missing right is a failure.
    /// </summary>
    private protected static void RequireRoot()
    {
        if (Environment.GetEnvironmentVariable(Skip) == "1")
            Assert.Ignore($"{Skip}=1");
        if (Libc.geteuid() != 0)
            Assert.Fail(
                $"This test mounts file systems and changes owners: run it as root, or set {Skip}=1 to do without it.");
    }

    private protected static void Run(string program, params string[] arguments)
    {
        using Process process = Process.Start(program, arguments);
        Assert.That(process.WaitForExit(TimeSpan.FromSeconds(30)), Is.True, $"{program} did not end");
        Assert.That(process.ExitCode, Is.Zero, $"{program} {string.Join(' ', arguments)}");
    }
}
