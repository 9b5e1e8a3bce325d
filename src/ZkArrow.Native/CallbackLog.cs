using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;

namespace ZkArrow.Native;

/// <summary>Sends log lines to a callback of the application.</summary>
internal sealed unsafe class CallbackLog(delegate* unmanaged[Cdecl]<void*, int, byte*, void> callback, void* payload, LogLevel least)
    : ILoggerFactory, ILogger
{
    private static CallbackLog? _current;

    /// <summary>What clients opened from now on log to; null for nothing.</summary>
    public static CallbackLog? Current
    {
        get => Volatile.Read(ref _current);
        set => Volatile.Write(ref _current, value);
    }

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider) =>
        throw new NotSupportedException("the log has one receiver, the callback");

    public void Dispose()
    {
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= least && logLevel != LogLevel.None;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (!IsEnabled(logLevel))
            return;
        string line = formatter(state, exception);
        if (exception != null)
            line = $"{line}: {exception.GetType().Name}: {exception.Message}";
        byte* text = (byte*)Marshal.StringToCoTaskMemUTF8(line.ReplaceLineEndings(" "));
        try
        {
            callback(payload, Level(logLevel), text);
        }
        finally
        {
            Marshal.FreeCoTaskMem((nint)text);
        }
    }

    /// <summary>The values are .NET's, but C has no trace and no critical: the nearest stands for them.</summary>
    private static int Level(LogLevel level) => Math.Clamp((int)level, Zka.LogDebug, Zka.LogError);
}
