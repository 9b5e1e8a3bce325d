using Microsoft.Extensions.Logging;

namespace ZkArrow.ZooKeeper.Session;

internal static partial class SecurityLog
{
    [LoggerMessage(40, LogLevel.Warning, "The server {Server} could not be used, for the sake of security: {Reason}")]
    public static partial void SecurityFailed(this ILogger logger, string server, string reason);
}
