// What a program compiled to native code does with the client; the argument is a connect string with an empty chroot.
using System.Runtime.CompilerServices;
using System.Text;
using ZkArrow.ZooKeeper;

if (RuntimeFeature.IsDynamicCodeSupported)
    throw new InvalidOperationException("The program was not compiled to native code; publish it.");

using CancellationTokenSource bound = new(TimeSpan.FromSeconds(20));
await using ZkClient client = await ZkClient.ConnectAsync(
    new ZkClientOptions { ConnectString = args[0], SessionTimeout = TimeSpan.FromSeconds(10) }, bound.Token);

ZkCreated created = await client.CreateAsync("/node", "old"u8.ToArray(), ct: bound.Token);
TaskCompletionSource<ZkWatchEvent> fired = new(TaskCreationOptions.RunContinuationsAsynchronously);
ZkData before = await client.GetDataAsync("/node", fired.SetResult, bound.Token);
await client.SetDataAsync("/node", "new"u8.ToArray(), before.Stat.Version, bound.Token);
ZkWatchEvent changed = await fired.Task.WaitAsync(bound.Token);
ZkMultiResult multi = await client.Transaction()
    .Check("/node", 1)
    .Create("/node/job-", default, ZkCreateMode.EphemeralSequential)
    .CommitAsync(bound.Token);
ZkData after = await client.GetDataAsync("/node", ct: bound.Token);
await client.DisposeAsync();

Console.WriteLine(
    $"{created.Path} {Encoding.UTF8.GetString(after.Data)} {changed.Type} {multi.Results[1].Path} {client.State}");
