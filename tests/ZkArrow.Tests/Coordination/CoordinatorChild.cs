using System.Globalization;
using System.Text;
using ZkArrow.Coordination;
using ZkArrow.Embedded;

namespace ZkArrow.Tests.Coordination;

/// <summary>
/// What a child process does with a coordinator. Nothing here is asynchronous: the child runs while its module is
/// initialized, and every other thread that wanted to run code of this module would wait for that.
/// </summary>
internal static class CoordinatorChild
{
    public static bool TryRun(string[] command, Action stayReady)
    {
        switch (command[0])
        {
            case "bind":
                Commit(Connect(command[1]), TreeOp.CreateBound(command[2], default));
                stayReady();
                return true;
            case "increment":
                Increment(Connect(command[1]), command[2], int.Parse(command[3], CultureInfo.InvariantCulture));
                return true;
            case "churn":
                Churn(Connect(command[1]));
                return true;
            default:
                return false;
        }
    }

    private static void Increment(ICoordinator one, string path, int times)
    {
        Console.WriteLine("ready");
        for (int done = 0; done < times;)
        {
            Node node = Wait(one.GetAsync(path, null, default))!;
            int next = int.Parse(Encoding.UTF8.GetString(node.Data), CultureInfo.InvariantCulture) + 1;
            byte[] data = Encoding.UTF8.GetBytes(next.ToString(CultureInfo.InvariantCulture));
            if (Commit(one, TreeOp.Set(path, data, node.StatVersion)).Committed)
                done++;
        }
    }

    /// <summary>Sets two nodes together, again and again, until it is killed.</summary>
    private static void Churn(ICoordinator one)
    {
        Console.WriteLine("ready");
        while (true)
            Commit(one, TreeOp.Set("/a", new byte[300], TreeOp.Exists), TreeOp.Set("/b", new byte[9000], TreeOp.Exists));
    }

    private static ICoordinator Connect(string url)
    {
        ConnectUrl parts = ConnectUrl.Parse(url);
        return parts.LocalPath is { } path
            ? Wait(LocalCoordinator.OpenAsync(path, default))
            : Wait(ZooKeeperCoordinator.ConnectAsync(parts, new ZkArrowOptions { SessionTimeout = TimeSpan.FromSeconds(2) }, default));
    }

    private static TreeAnswer Commit(ICoordinator one, params TreeOp[] operations) => Wait(one.CommitAsync(operations, default));

    private static T Wait<T>(ValueTask<T> task) => task.AsTask().GetAwaiter().GetResult();
}
