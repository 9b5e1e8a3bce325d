using ZkArrow.ArrowC;
using ZkArrow.Ipc;
using ZkArrow.Tests.ArrowC;
using ZkArrow.Tests.Ipc;

namespace ZkArrow.Fuzz;

/// <summary>
/// The input is an Arrow IPC file, or a schema message as records keep it. It is read at both levels, followed as a
/// consumer would, and written again.
/// </summary>
internal static unsafe class FileTarget
{
    // structs, nodes and messages for the smallest of fields
    private const long MaxBytesPerByte = 2048;
    private static readonly GuardedMemory Memory = new(1 << 20);

    public static void Run(ReadOnlySpan<byte> input)
    {
        if (input.Length > Memory.Capacity) return;
        if (!input.StartsWith(IpcFormat.Magic))
        {
            ReadSchema(input);
            return;
        }

        foreach (ValidationLevel level in (ReadOnlySpan<ValidationLevel>)[ValidationLevel.Default, ValidationLevel.Full])
            ReadFile(input, level);
    }

    private static void ReadSchema(ReadOnlySpan<byte> message)
    {
        try
        {
            using SchemaBox schema = SchemaBox.FromIpcMessage(message);
            using SchemaBox again = SchemaBox.FromIpcMessage(schema.IpcMessage);
            if (again.FirstDifference(schema) is string difference) throw new InvalidOperationException(difference);
        }
        catch (ZkArrowException refusal) when (IsOfAFile(refusal.Status))
        {
        }
    }

    private static void ReadFile(ReadOnlySpan<byte> file, ValidationLevel level)
    {
        using LeakCheck leaks = new();
        byte* start = Memory.Put(file);
        Lease lease = new();
        long before = GC.GetAllocatedBytesForCurrentThread();
        ArrowTable table;
        try
        {
            table = IpcReader.Read(start, file.Length, lease, level, out _);
        }
        catch (ZkArrowException refusal) when (IsOfAFile(refusal.Status))
        {
            lease.AssertEnded();
            return;
        }
        finally
        {
            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            if (allocated > (1 << 20) + (file.Length * MaxBytesPerByte))
                throw new InvalidOperationException($"{allocated} bytes were allocated for a file of {file.Length}");
        }

        using (table)
        {
            new Bounds(start, file.Length, level).Check(table);
            try
            {
                _ = table.NBytes;
                WriteAgain(table, level);
            }
            catch (ZkArrowException refusal) when (level == ValidationLevel.Default && refusal.Status == ZkArrowStatus.InvalidArgument)
            {
                // only what every buffer holds tells that it makes no sense, and that is not looked at before
            }
        }

        lease.AssertEnded();
    }

    /// <summary>What was written is read again at the same level, and holds the same.</summary>
    private static void WriteAgain(ArrowTable table, ValidationLevel level)
    {
        using IpcPlan plan = IpcPlan.Create(table, []);
        using MemorySink sink = new(plan.Length);
        plan.Write(sink);
        if (sink.Length != plan.Length) throw new InvalidOperationException($"a plan of {plan.Length} bytes wrote {sink.Length}");
        using ArrowTable again = IpcReader.Read(sink.Start, sink.Length, new Lease(), level, out _);
        string? difference = level == ValidationLevel.Full ? Logical.Difference(table, again) : again.Schema.FirstDifference(table.Schema);
        if (difference is not null) throw new InvalidOperationException($"the file written again differs: {difference}");
    }

    private static bool IsOfAFile(ZkArrowStatus status) =>
        status is ZkArrowStatus.Corrupt or ZkArrowStatus.Unsupported or ZkArrowStatus.TooLarge;

    /// <summary>Notices that the reader lets go of the memory, once.</summary>
    private sealed class Lease : IDisposable
    {
        private int _ends;

        public void Dispose()
        {
            if (++_ends > 1) throw new InvalidOperationException("the memory was let go twice");
        }

        public void AssertEnded()
        {
            if (_ends == 0) throw new InvalidOperationException("the memory was never let go");
        }
    }
}
