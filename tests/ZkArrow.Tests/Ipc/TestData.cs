using System.Runtime.InteropServices;
using NUnit.Framework;
using ZkArrow.ArrowC;
using ZkArrow.Ipc;

namespace ZkArrow.Tests.Ipc;

/// <summary>Finds the files of tests/data, and puts files into native memory as a mapping would.</summary>
internal static unsafe class TestData
{
    public static string Folder { get; } = Find();

    public static string[] Golden { get; } = Names("arrow-golden", "*.arrow_file");

    public static string[] Fuzz { get; } = Names("arrow-fuzz", "*");

    public static ArrowTable Read(string path, ValidationLevel level = ValidationLevel.Full) =>
        ReadBytes(File.ReadAllBytes(Path.Combine(Folder, path)), level);

    public static ArrowTable ReadBytes(ReadOnlySpan<byte> file, ValidationLevel level = ValidationLevel.Full)
    {
        var memory = new OwnedMemory(file);
        return IpcReader.Read(memory.Start, memory.Length, memory, level, out _);
    }

    public static byte[] Write(ArrowTable table, params KeyValuePair<string, string>[] footer)
    {
        using IpcPlan plan = IpcPlan.Create(table, footer);
        using var sink = new MemorySink(plan.Length);
        plan.Write(sink);
        Assert.That(sink.Length, Is.EqualTo(plan.Length), "a plan knows its length");
        return new ReadOnlySpan<byte>(sink.Start, (int)sink.Length).ToArray();
    }

    private static string[] Names(string folder, string pattern) =>
        [.. Directory.GetFiles(Path.Combine(Folder, folder), pattern).Select(Path.GetFileName).Order()!];

    private static string Find()
    {
        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            string candidate = Path.Combine(at.FullName, "tests", "data");
            if (Directory.Exists(candidate)) return candidate;
        }
        throw new DirectoryNotFoundException("There was no tests/data above the test assembly.");
    }
}

/// <summary>A file's bytes in memory of exactly their length, which notices when it is let go.</summary>
internal sealed unsafe class OwnedMemory : IDisposable
{
    private static long _live;

    public OwnedMemory(ReadOnlySpan<byte> bytes)
    {
        Length = bytes.Length;
        Start = (byte*)NativeMemory.AlignedAlloc((nuint)Math.Max(1, bytes.Length), 64);
        bytes.CopyTo(new Span<byte>(Start, bytes.Length));
        Interlocked.Increment(ref _live);
    }

    public static long Live => Interlocked.Read(ref _live);

    public byte* Start { get; private set; }

    public long Length { get; }

    public void Dispose()
    {
        if (Start == null) throw new InvalidOperationException("The memory was let go twice.");
        NativeMemory.AlignedFree(Start);
        Start = null;
        Interlocked.Decrement(ref _live);
    }
}
