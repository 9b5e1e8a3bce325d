using ZkArrow;
using ZkArrow.FaultWorker;

// fault-worker ROLE URL DATA_DIR HISTORY NUMBER SEED DATASET... — runs until its standard input ends
(string role, string url, string directory, string file) = (args[0], args[1], args[2], args[3]);
(int number, int seed) = (int.Parse(args[4]), int.Parse(args[5]));
string[] datasets = args[6..];

using CancellationTokenSource stop = new();
using History history = new(file, $"{role}-{number}");
ZkArrowOptions options = new() { DataDirectory = directory, SessionTimeout = TimeSpan.FromSeconds(4), OperationTimeout = Worker.Patience };
await using ZkArrowClient client = await ZkArrowClient.ConnectAsync(url, options);
Console.WriteLine("open");
Worker worker = new(client, history, number, seed, stop.Token);
Task work = role switch
{
    "write" => Roles.WriteAsync(worker, datasets[0]),
    "own" => Roles.OwnAsync(worker, datasets[0]),
    "read" => Roles.ReadAsync(worker, datasets),
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
