using System.Runtime.InteropServices;
using NUnit.Framework;
using ZkArrow.ArrowC;
using ZkArrow.Datasets;
using ZkArrow.Loans;
using ZkArrow.Tests.Segments;

namespace ZkArrow.Tests.Loans;

/// <summary>What publishing costs does not grow with the size: counted in bytes written and pages touched, not in time.</summary>
[TestFixture]
public sealed unsafe partial class LoanCostTests : SegmentFixture
{
    private const int RusageThread = 1, MinorFaults = 8;

    [Test]
    public void Completing_a_file_touches_as_many_pages_whatever_its_size()
    {
        Cost warm = CostOf(1 << 10), small = CostOf(64 << 10), large = CostOf(128 << 20);
        Assert.That(warm.Written, Is.Zero);
        Assert.That((small.Written, large.Written), Is.EqualTo((0L, 0L)), "no byte goes through the kernel");

        // a page each for the metadata in front and the footer behind, and what the runtime needs itself
        Assert.That(large.Faults, Is.LessThan(small.Faults + 64), $"{small} {large}: the body has {(128 << 20) / 4096} pages");
    }

    [Test]
    public void A_process_killed_with_an_open_loan_leaves_nothing()
    {
        long free = Data.FreeBytes;
        using ChildProcess child = ChildProcess.Start("loan", Data.Path, $"{256 << 20}");
        Assert.That(Data.FreeBytes, Is.LessThan(free - (200 << 20)));
        child.Kill();
        Assert.That(Directory.GetFiles(Data.Path, "*", SearchOption.AllDirectories), Is.Empty);
        Assert.That(Data.FreeBytes, Is.GreaterThan(free - (50 << 20)));
    }

    [Test]
    public void A_sealed_mapping_keeps_its_writes_to_itself_and_an_unsealed_one_does_not()
    {
        const int Length = 5 << 20;
        using LoanMemory memory = LoanMemory.Create(Data, Length);
        new Span<byte>(memory.Start, Length).Fill(1);
        for (int round = 0; round < 3; round++)
        {
            memory.Seal();
            memory.Start[Length - 1] = 7;
            Assert.That((InFile(memory, Length - 1), memory.Start[Length - 1]), Is.EqualTo((1, 7)));
            memory.Unseal();
            Assert.That(memory.Start[Length - 1], Is.EqualTo(1));
            memory.Start[0] = (byte)(round + 2);
            Assert.That(InFile(memory, 0), Is.EqualTo(round + 2));
        }
    }

    private static int InFile(LoanMemory memory, int at)
    {
        using FileStream file = File.OpenRead($"/proc/self/fd/{memory.File.Descriptor}");
        file.Position = at;
        return file.ReadByte();
    }

    private Cost CostOf(long bytes)
    {
        byte* name = stackalloc byte[] { (byte)'x', 0 };
        byte* number = stackalloc byte[] { (byte)'l', 0 };
        byte* structure = stackalloc byte[] { (byte)'+', (byte)'s', 0 };
        ArrowSchema column = new() { Format = number, Name = name, Release = &Forget };
        ArrowSchema* child = &column;
        ArrowSchema root = new() { Format = structure, NChildren = 1, Children = &child, Release = &Forget };
        using SchemaBox schema = SchemaBox.FromC(&root);
        LoanLayout layout = new(schema.Root, bytes / 8, -1, null);
        LoanFile file = new(schema, layout.Bytes);
        using LoanMemory memory = LoanMemory.Create(Data, file.Length);
        LoanRegions regions = new(file.BodyLength);
        ArrowArray batch = layout.Build(memory.Start + file.BodyStart, regions);
        new Span<long>(batch.Children[0]->Buffers[1], (int)(bytes / 8)).Fill(3);
        LoanSource source = new(schema, memory, file, Data);
        Cost before = Cost.Now();
        source.Describe(&batch, regions);
        source.Complete(new string('a', 32));
        string name2 = NewName();
        source.Place(Data, name2);
        Cost cost = Cost.Now() - before;
        batch.Release(&batch);
        source.Settle(Data, name2, kept: false);
        source.Abandon();
        return cost;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(System.Runtime.CompilerServices.CallConvCdecl)])]
    private static void Forget(ArrowSchema* schema) => schema->Release = null;

    [LibraryImport("libc")]
    private static partial int getrusage(int who, long* usage);

    private readonly record struct Cost(long Faults, long Written)
    {
        public static Cost Now()
        {
            long* usage = stackalloc long[18];
            Assert.That(getrusage(RusageThread, usage), Is.Zero);
            string written = File.ReadLines("/proc/thread-self/io").Single(line => line.StartsWith("wchar:", StringComparison.Ordinal));
            return new Cost(usage[MinorFaults], long.Parse(written["wchar:".Length..]));
        }

        public static Cost operator -(Cost a, Cost b) => new(a.Faults - b.Faults, a.Written - b.Written);
    }
}
