using ZkArrow.ArrowC;
using ZkArrow.Ipc;
using ZkArrow.Tests.ArrowC;

namespace ZkArrow.Fuzz;

/// <summary>
/// The input is a list of changes to the structs of a good table (see <see cref="StructMutator"/>), which is then given to
/// the import. What it takes is exported, taken again, written as a file and read from it.
/// </summary>
internal static unsafe class StructTarget
{
    public static void Run(ReadOnlySpan<byte> input)
    {
        using LeakCheck leaks = new();
        ArrowSchema* schema = StructMutator.Apply(input, out ArrowArray* array);
        bool isTaken = false;
        try
        {
            using ArrowTable table = ArrowTable.FromBatch(array, schema);
            isTaken = true;
            if (array->Release != null || schema->Release != null) throw new InvalidOperationException("what was taken can be taken twice");
            Use(table);
        }
        catch (ZkArrowException refusal) when (IsOfAProducer(refusal.Status))
        {
            if (refusal.Message.Contains('\n', StringComparison.Ordinal)) throw new InvalidOperationException("a message had two lines", refusal);
        }

        StructArena.AssertReleased(isTaken ? 1 : 0);
    }

    private static void Use(ArrowTable table)
    {
        ImportAgain(table);
        _ = table.NBytes;
        IpcPlan plan = IpcPlan.Create(table, []);
        using MemorySink sink = new(plan.Length);
        plan.Write(sink);
        foreach (ValidationLevel level in (ReadOnlySpan<ValidationLevel>)[ValidationLevel.Default, ValidationLevel.Full])
        {
            using ArrowTable read = IpcReader.Read(sink.Start, sink.Length, new Nothing(), level, out _);
            string? difference = level == ValidationLevel.Full ? Logical.Difference(table, read) : read.Schema.FirstDifference(table.Schema);
            if (difference is not null) throw new InvalidOperationException($"the file differs from the structs: {difference}");
        }
    }

    /// <summary>What was taken once and handed on is good enough to be taken again.</summary>
    private static void ImportAgain(ArrowTable table)
    {
        ArrowArrayStream stream;
        table.Export(&stream);
        try
        {
            using ArrowTable again = ArrowTable.Drain(&stream);
            if (again.Rows != table.Rows) throw new InvalidOperationException($"{table.Rows} rows became {again.Rows}");
        }
        catch (ZkArrowException refusal)
        {
            throw new InvalidOperationException("what was exported was refused", refusal);
        }
        finally
        {
            if (stream.Release != null) stream.Release(&stream);
        }
    }

    private static bool IsOfAProducer(ZkArrowStatus status) =>
        status is ZkArrowStatus.InvalidArgument or ZkArrowStatus.SchemaMismatch or ZkArrowStatus.Unsupported
            or ZkArrowStatus.TooLarge or ZkArrowStatus.Corrupt;

    private sealed class Nothing : IDisposable
    {
        public void Dispose()
        {
        }
    }
}
