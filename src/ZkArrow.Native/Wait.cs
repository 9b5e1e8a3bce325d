namespace ZkArrow.Native;

/// <summary>Waits on the caller's own thread. A task that is done already is not waited for.</summary>
internal static class Wait
{
    public static T For<T>(ValueTask<T> task) =>
        task.IsCompleted ? task.GetAwaiter().GetResult() : task.AsTask().GetAwaiter().GetResult();

    public static void For(ValueTask task)
    {
        if (task.IsCompleted)
            task.GetAwaiter().GetResult();
        else
            task.AsTask().GetAwaiter().GetResult();
    }
}
