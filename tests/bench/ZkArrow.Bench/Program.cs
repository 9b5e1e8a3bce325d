using System.Globalization;
using ZkArrow.Bench;

// A line protocol, so that the harness can interleave this program with its peers: each line of the input is a
// request, and is answered with one line of numbers.
string[] arguments = Environment.GetCommandLineArgs()[1..];
Task? asChild = arguments switch
{
    ["follow", string connect, string directory] => NotifyDriver.FollowAsync(connect, directory),
    ["hold", string url, string directory, string milliseconds] => OwnerDriver.HoldAsync(url, directory, milliseconds),
    ["hold-ephemeral", string connect, string milliseconds] => OwnerDriver.HoldEphemeralAsync(connect, milliseconds),
    _ => null,
};
if (asChild is not null)
{
    await asChild;
    return;
}

await using IDriver driver = arguments switch
{
    ["exchange"] => new ExchangeDriver(),
    ["metadata"] => new MetadataDriver(),
    ["client", string connect] => await ClientDriver.OpenAsync(connect),
    ["publish", string connect, string directory] => await PublishDriver.OpenAsync(connect, directory),
    ["notify", string connect, string directory] => await NotifyDriver.OpenAsync(connect, directory),
    ["owner", string url, string connect, string directory] => await OwnerDriver.OpenAsync(url, connect, directory),
    ["scale", string url, string directory] => await ScaleDriver.OpenAsync(url, directory),
    ["sql", string url, string directory] => await SqlDriver.OpenAsync(url, directory),
    _ => throw new ArgumentException("usage: ZkArrow.Bench exchange | metadata | client HOST:PORT | publish HOST:PORT DIRECTORY"
        + " | notify HOST:PORT DIRECTORY | owner URL HOST:PORT DIRECTORY | scale URL DIRECTORY | sql URL DIRECTORY"),
};

while (await Console.In.ReadLineAsync() is { } line)
{
    string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
    long[] answer = await driver.RunAsync(words[0], words[1], int.Parse(words[2], CultureInfo.InvariantCulture));
    Console.WriteLine(string.Join(' ', answer));
}
