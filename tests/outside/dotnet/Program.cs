// What an application does with the packages: publish|read URL DATA_DIR NAME, as the C and C++ examples do.
using Apache.Arrow;
using Apache.Arrow.Ipc;
using Microsoft.Extensions.DependencyInjection;
using ZkArrow;
using ZkArrow.Extensions.DependencyInjection;

if (args is not [string verb, string url, string folder, string name])
    throw new ArgumentException("usage: publish|read URL DATA_DIR NAME");
ServiceCollection services = new();
services.AddZkArrow(o =>
{
    o.Url = url;
    o.Client = new ZkArrowOptions { DataDirectory = folder };
});
await using ServiceProvider provider = services.BuildServiceProvider();
ZkArrowClient client = await provider.GetRequiredService<ZkArrowConnection>().GetClientAsync();

if (verb == "publish")
{
    using RecordBatch batch = new RecordBatch.Builder()
        .Append("id", nullable: false, array => array.Int64(values => values.AppendRange([1, 2, 3])))
        .Append("px", nullable: true, array => array.Double(values => values.Append(101.5).AppendNull().Append(99.25)))
        .Append("sym", nullable: false, array => array.String(values => values.AppendRange(["AAA", "BBB", "CCC"])))
        .Build();
    DatasetVersion made = await client.PublishAsync(name, batch);
    Console.WriteLine($"{name} version {made.Number}: {made.Rows} rows");
    return;
}

using ZkArrowTable table = await client.ReadAsync(name);
Console.WriteLine($"{name} version {table.Version.Number}: {table.RowCount} rows");
using IArrowArrayStream stream = table.ToArrowStream();
while (await stream.ReadNextRecordBatchAsync() is { } rows)
{
    using (rows)
    {
        for (int i = 0; i < rows.Length; i++)
        {
            double? price = ((DoubleArray)rows.Column("px")).GetValue(i);
            Console.WriteLine($"{((Int64Array)rows.Column("id")).GetValue(i)} {price?.ToString() ?? "-"} {((StringArray)rows.Column("sym")).GetString(i)}");
        }
    }
}
