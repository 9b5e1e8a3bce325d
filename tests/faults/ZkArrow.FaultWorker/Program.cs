using ZkArrow;
using ZkArrow.FaultWorker;

// ROLE URL DATA_DIR HISTORY NUMBER SEED DATASET...   works until its standard input ends
// die URL DATA_DIR OPERATION NAME STEP before|after  ends at a step of an operation
// repair URL DATA_DIR                                prepares and looks after such operations, as lines on its input ask,
//                                                    each name in a namespace of its own
(string role, string url, string directory) = (args[0], args[1], args[2]);
// long enough for a new leader, short enough that a blocked worker tells of it; the audit reads everything, and nothing fails any more
TimeSpan patience = role == "audit" ? TimeSpan.FromMinutes(2) : TimeSpan.FromSeconds(8);
ZkArrowOptions options = new() { DataDirectory = directory, SessionTimeout = TimeSpan.FromSeconds(4), OperationTimeout = patience };
switch (role)
{
    case "die":
        await Steps.DieAsync(url, directory, args[3], args[4], int.Parse(args[5]), applied: args[6] == "after");
        break;
    case "repair":
        await RepairAsync();
        break;
    default:
        await WorkAsync(args[3], int.Parse(args[4]), int.Parse(args[5]), args[6..]);
        break;
}

async Task RepairAsync()
{
    while (Console.ReadLine()?.Split(' ') is [var what, var operation, var name])
    {
        await using ZkArrowClient client = await ZkArrowClient.ConnectAsync($"{url}/{name}", options);
        string? wrong = null;
        if (what == "prepare")
            await Steps.PrepareAsync(client, operation, name);
        else
            wrong = await Steps.RepairAsync(client, operation, name);
        Console.WriteLine(wrong ?? "ok");
    }
}

async Task WorkAsync(string file, int number, int seed, string[] datasets)
{
    using CancellationTokenSource stop = new();
    using History history = new(file, $"{role}-{number}");
    await using ZkArrowClient client = await ZkArrowClient.ConnectAsync(url, options);
    Console.WriteLine("open");
    Worker worker = new(client, history, number, seed, patience, stop.Token);
    Task work = role switch
    {
        "write" => Roles.WriteAsync(worker, datasets[0]),
        "own" => Roles.OwnAsync(worker, datasets[0]),
        "read" => Roles.ReadAsync(worker, datasets),
        "transact" => Roles.TransactAsync(worker, datasets),
        "cut" => Roles.CutAsync(worker, datasets),
        "follow" => Roles.FollowAsync(worker, datasets[0]),
        "recreate" => Roles.RecreateAsync(worker, datasets[0]),
        "audit" => Roles.AuditAsync(worker, datasets),
        _ => throw new ArgumentException($"there is no role '{role}'"),
    };
    _ = Task.Run(() =>
    {
        while (Console.Read() >= 0)
        {
        }

        stop.Cancel();
    });
    await work;
}
