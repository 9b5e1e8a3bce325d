using System.Runtime.InteropServices;
using System.Text;
using NUnit.Framework;
using ZkArrow.ArrowC;
using ZkArrow.Ipc;

namespace ZkArrow.Sql.Tests;

/// <summary>Every type goes into SQL, or is refused by name: the golden files, as other implementations wrote them.</summary>
[TestFixture]
public sealed class TypeTests : SqlFixture
{
    private static readonly string Golden = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "../../../../data/arrow-golden"));

    /// <summary>What DuckDB does not know, and the sentence names.</summary>
    private static readonly Dictionary<string, (ZkArrowStatus Status, string Reason)> Refused = new()
    {
        ["generated_decimal256.arrow_file"] = (ZkArrowStatus.Unsupported, "d:37,5,256"),
        ["generated_union.arrow_file"] = (ZkArrowStatus.Unsupported, "Union"),
        ["generated_nested_dictionary.arrow_file"] = (ZkArrowStatus.Unsupported, "dictionary within another type"),
        ["generated_duplicate_fieldnames.arrow_file"] = (ZkArrowStatus.InvalidArgument, "duplicate column name"),
        // the files have values that no clock shows
        ["generated_datetime.arrow_file"] = (ZkArrowStatus.InvalidArgument, "out of range"),
        ["generated_duration.arrow_file"] = (ZkArrowStatus.InvalidArgument, "Interval"),
        ["generated_interval.arrow_file"] = (ZkArrowStatus.InvalidArgument, "Interval"),
    };

    private static IEnumerable<string> Files() => Directory.GetFiles(Golden, "*.arrow_file").Select(path => Path.GetFileName(path)!).Order();

    [TestCaseSource(nameof(Files))]
    public async Task A_golden_file_is_a_table(string file)
    {
        using ArrowTable table = Read(file);
        await Client.PublishAsync("golden", table, null, TimeSpan.FromSeconds(30), default);
        string[] columns = [.. table.Schema.Fields.Select(field => Encoding.UTF8.GetString(field.Name))];
        if (Refused.TryGetValue(file, out (ZkArrowStatus Status, string Reason) why))
        {
            ZkArrowException e = (await Assert.ThrowsAsync<ZkArrowException>(async () => await AskAsync("select columns(*)::varchar from golden")))!;
            Assert.That((e.Status, e.Message), Is.EqualTo((why.Status, e.Message)));
            Assert.That(e.Message, Does.Contain(why.Reason));
            return;
        }

        Assert.That(await AskAsync("select count(*) from golden"), Is.EqualTo(new[] { $"{table.Rows}" }));
        string[] all = await AskAsync("select columns(*)::varchar from golden");
        Assert.That(all, Has.Length.EqualTo(table.Rows));
        string counts = string.Join(", ", columns.Select(name => $"count(\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\")"));
        string expected = string.Join('|', Enumerable.Range(0, columns.Length).Select(column => $"{Known(table, column)}"));
        Assert.That(await AskAsync($"select {counts} from golden"), Is.EqualTo(new[] { expected }), "what is null in Arrow is NULL, and nothing else");
    }

    /// <summary>The values of a column that are not null, by the buffers.</summary>
    private static unsafe long Known(ArrowTable table, int column)
    {
        SchemaNode node = table.Schema.Fields[column];
        long known = 0;
        foreach (ArrayBox batch in table.Batches)
        {
            ArrowArray* array = batch.View->Children[column];
            for (long row = 0; row < batch.Length; row++)
                known += IsNull(array, node, array->Offset + row) ? 0 : 1;
        }

        return known;
    }

    private static unsafe bool IsNull(ArrowArray* array, SchemaNode node, long at)
    {
        if (node.Type.Layout == ArrowLayout.Null)
            return true;
        if (node.Type.Layout == ArrowLayout.RunEnd)
        {
            long run = 0;
            while (Index(array->Children[0], node.Children[0], run) <= at)
                run++;
            return IsNull(array->Children[1], node.Children[1], run);
        }

        if (node.Type.HasValidity && array->Buffers[0] != null && ((((byte*)array->Buffers[0])[at >> 3] >> (int)(at & 7)) & 1) == 0)
            return true;
        return node.Dictionary != null && IsNull(array->Dictionary, node.Dictionary, array->Dictionary->Offset + Index(array, node, at));
    }

    private static unsafe long Index(ArrowArray* array, SchemaNode node, long at)
    {
        var bytes = (byte*)array->Buffers[1] + (at * node.Type.Width);
        long value = 0;
        for (int i = 0; i < node.Type.Width; i++)
            value |= (long)bytes[i] << (8 * i);
        return value;
    }

    private static unsafe ArrowTable Read(string file)
    {
        Memory memory = new(File.ReadAllBytes(Path.Combine(Golden, file)));
        return IpcReader.Read(memory.Start, memory.Length, memory, ValidationLevel.Full, out _);
    }

    private sealed unsafe class Memory : IDisposable
    {
        public Memory(byte[] bytes)
        {
            Length = bytes.Length;
            Start = (byte*)NativeMemory.AlignedAlloc((nuint)Length, 64);
            bytes.CopyTo(new Span<byte>(Start, (int)Length));
        }

        public byte* Start { get; }

        public long Length { get; }

        public void Dispose() => NativeMemory.AlignedFree(Start);
    }
}
