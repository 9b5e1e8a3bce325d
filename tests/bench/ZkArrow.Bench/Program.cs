using System.Globalization;
using ZkArrow.Bench;

// A line protocol, so that the harness can interleave this program with its peers: each line of the input is a
// request, and is answered with one line of numbers.
string[] arguments = Environment.GetCommandLineArgs()[1..];
await using IDriver driver = arguments switch
{
    ["exchange"] => new ExchangeDriver(),
    ["metadata"] => new MetadataDriver(),
    ["client", string connect] => await ClientDriver.OpenAsync(connect),
    ["publish", string connect, string directory] => await PublishDriver.OpenAsync(connect, directory),
    _ => throw new ArgumentException("usage: ZkArrow.Bench exchange | metadata | client HOST:PORT | publish HOST:PORT DATA_DIRECTORY"),
};

while (await Console.In.ReadLineAsync() is { } line)
{
    string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
    long[] answer = await driver.RunAsync(words[0], words[1], int.Parse(words[2], CultureInfo.InvariantCulture));
    Console.WriteLine(string.Join(' ', answer));
}
