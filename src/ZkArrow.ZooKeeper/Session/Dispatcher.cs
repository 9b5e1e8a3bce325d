using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace ZkArrow.ZooKeeper.Session;

/// <summary>
/// Runs the user's callbacks one after the other in the order their causes arrived, away from the read loop, so that
/// a slow callback delays other callbacks and nothing else.
/// </summary>
internal sealed partial class Dispatcher
{
    private readonly Channel<Action> _channel = Channel.CreateUnbounded<Action>(new() { SingleReader = true });
    private readonly ILogger _logger;
    private readonly Task _loop;
    private int _thread;

    public Dispatcher(ILogger logger)
    {
        _logger = logger;
        using (ExecutionContext.SuppressFlow()) // callbacks are not part of whatever made the client
            _loop = Task.Run(RunAsync);
    }

    /// <summary>Queues a callback; after <see cref="Complete"/> it is dropped.</summary>
    public void Post(Action callback) => _channel.Writer.TryWrite(callback);

    /// <summary>Takes no more callbacks; those that are queued still run.</summary>
    public void Complete() => _channel.Writer.TryComplete();

    /// <summary>Ends after the last callback.</summary>
    public Task Drained => _loop;

    /// <summary>Whether the caller is a callback, which must not wait for <see cref="Drained"/>.</summary>
    public bool IsCurrent => Environment.CurrentManagedThreadId == Volatile.Read(ref _thread);

    private async Task RunAsync()
    {
        ChannelReader<Action> reader = _channel.Reader;
        while (await reader.WaitToReadAsync().ConfigureAwait(false))
        {
            Volatile.Write(ref _thread, Environment.CurrentManagedThreadId);
            while (reader.TryRead(out Action? callback))
            {
                try
                {
                    callback();
                }
#pragma warning disable CA1031 // whatever a user's callback throws, the next one must run
                catch (Exception exception)
#pragma warning restore CA1031
                {
                    CallbackFailed(exception);
                }
            }

            Volatile.Write(ref _thread, 0);
        }
    }

    [LoggerMessage(1, LogLevel.Error, "A watch or state callback threw; the callbacks after it run all the same.")]
    private partial void CallbackFailed(Exception exception);
}
