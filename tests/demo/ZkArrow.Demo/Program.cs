// The .NET reader of the demo: reads `flights` by name, then waits for its next version.
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Apache.Arrow;
using Apache.Arrow.Ipc;
using ZkArrow;

await using ZkArrowClient client = await ZkArrowClient.ConnectAsync(args[0], new ZkArrowOptions { DataDirectory = args[1] });
using ZkArrowTable table = await client.ReadAsync("flights", new ReadOptions { Wait = true });
Console.WriteLine(await SummaryAsync(table));
await foreach (DatasetVersion version in client.SubscribeAsync("flights", after: table.Version.Number))
{
    using ZkArrowTable next = await client.ReadAsync("flights", new ReadOptions { Version = version.Number });
    Console.WriteLine(await SummaryAsync(next));
    break;
}

static async Task<string> SummaryAsync(ZkArrowTable table)
{
    long rows = 0, delay = 0, distance = 0;
    nint address = 0;
    using IArrowArrayStream stream = table.ToArrowStream();
    while (await stream.ReadNextRecordBatchAsync() is { } batch)
    {
        using (batch)
        {
            rows += batch.Length;
            foreach (short value in ((Int16Array)batch.Column("delay")).Values)
                delay += value;
            foreach (short value in ((Int16Array)batch.Column("distance")).Values)
                distance += value;
            if (address == 0)
                address = AddressOf(((Int16Array)batch.Column("delay")).Values);
        }
    }

    return string.Create(
        CultureInfo.InvariantCulture,
        $".NET   read version {table.Version.Number}: {rows} rows, total delay {delay} min, total distance {distance} miles\n{Where(address)}");
}

static unsafe nint AddressOf(ReadOnlySpan<short> values) => (nint)Unsafe.AsPointer(ref MemoryMarshal.GetReference(values));

// which mapped file the address lies in, as the kernel tells it
static string Where(nint address)
{
    foreach (string line in File.ReadLines("/proc/self/maps"))
    {
        string[] part = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        string[] range = part[0].Split('-');
        nint start = nint.Parse(range[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        nint end = nint.Parse(range[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        if (address >= start && address < end)
            return $"       its column 'delay' is byte {address - start} of {(part.Length > 5 ? Path.GetFileName(part[5]) : "private memory")}, inode {part[4]}, mapped {part[1]}";
    }

    return "       its column 'delay' is nowhere";
}
