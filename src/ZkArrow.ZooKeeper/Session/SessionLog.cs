using System.Net;
using Microsoft.Extensions.Logging;

namespace ZkArrow.ZooKeeper.Session;

internal static partial class SessionLog
{
    [LoggerMessage(10, LogLevel.Information, "Session 0x{Session:x} is connected to {Server}; its timeout is {TimeoutMs} ms.")]
    public static partial void Connected(this ILogger logger, long session, EndPoint server, int timeoutMs);

    [LoggerMessage(11, LogLevel.Warning, "The connection of session 0x{Session:x} broke: {Reason}")]
    public static partial void Suspended(this ILogger logger, long session, string reason);

    [LoggerMessage(12, LogLevel.Warning, "Session 0x{Session:x} is lost: {Reason}")]
    public static partial void Lost(this ILogger logger, long session, string reason);

    [LoggerMessage(13, LogLevel.Debug, "Connecting to {Server} failed: {Reason}")]
    public static partial void ConnectFailed(this ILogger logger, string server, string reason);

    [LoggerMessage(14, LogLevel.Error,
        "The server refused the credentials of scheme '{Scheme}'; the client is of no use any more.")]
    public static partial void AuthFailed(this ILogger logger, string scheme);

    [LoggerMessage(15, LogLevel.Warning,
        "The server could not arm the watches again ({Code}); every watcher was told to read again.")]
    public static partial void RearmFailed(this ILogger logger, ZkErrorCode code);

    [LoggerMessage(16, LogLevel.Critical, "The client stopped because of a mistake in it; make a new one and report this.")]
    public static partial void LoopFailed(this ILogger logger, Exception exception);
}
