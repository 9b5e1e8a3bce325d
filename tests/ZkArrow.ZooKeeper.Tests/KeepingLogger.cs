using Microsoft.Extensions.Logging;

namespace ZkArrow.ZooKeeper.Tests;

/// <summary>Keeps every log entry, whatever its level.</summary>
internal sealed class KeepingLogger : ILoggerFactory, ILogger
{
    public Recorder<(LogLevel Level, string Message, Exception? Exception)> Entries { get; } = new();

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        Entries.Add((logLevel, formatter(state, exception), exception));

    public void Dispose()
    {
    }
}
