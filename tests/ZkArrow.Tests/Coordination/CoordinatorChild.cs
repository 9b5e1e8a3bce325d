using System.Globalization;
using ZkArrow.Coordination;

namespace ZkArrow.Tests.Coordination;

/// <summary>What a child process does with a coordinator.</summary>
internal static class CoordinatorChild
{
    public static bool TryRun(string[] command, Action stayReady)
    {
        switch (command[0])
        {
            case "bind":
                ICoordinator bound = Connect(command[1]);
                _ = bound.CommitAsync([TreeOp.CreateBound(command[2], default)], default).AsTask().GetAwaiter().GetResult();
                stayReady();
                return true;
            case "increment":
                CoordinatorConformance.IncrementAsync(Connect(command[1]), command[2], int.Parse(command[3], CultureInfo.InvariantCulture)).GetAwaiter().GetResult();
                stayReady();
                return true;
            case "churn":
                Churn(Connect(command[1]), command[2], stayReady).GetAwaiter().GetResult();
                return true;
            default:
                return false;
        }
    }

    /// <summary>Sets two nodes together, again and again, until it is killed.</summary>
    private static async Task Churn(ICoordinator one, string root, Action stayReady)
    {
        _ = Task.Run(stayReady);
        while (true)
            await one.CommitAsync([TreeOp.Set(root + "/a", new byte[300], TreeOp.Exists), TreeOp.Set(root + "/b", new byte[9000], TreeOp.Exists)], default);
    }

    private static ICoordinator Connect(string url) => CoordinatorFixture.ConnectAsync(url).GetAwaiter().GetResult();
}
