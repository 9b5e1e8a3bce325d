namespace ZkArrow.ZooKeeper;

/// <summary>An operation failed. <see cref="Outcome"/> says whether it may have taken effect all the same.</summary>
public class ZkException : Exception
{
    internal ZkException(ZkErrorCode code, ZkOutcome outcome, string? path, string message, Exception? inner = null)
        : base(message, inner)
    {
        Code = code;
        Outcome = outcome;
        Path = path;
    }

    /// <summary>The protocol's code.</summary>
    public ZkErrorCode Code { get; }

    /// <summary>What is known about the effect of the operation.</summary>
    public ZkOutcome Outcome { get; }

    /// <summary>The node the operation was about, if it was about one.</summary>
    public string? Path { get; }

    internal static ZkException Create(ZkErrorCode code, ZkOutcome outcome, string? path, string what, string? reason = null)
    {
        string at = path is null ? what : $"{what} of '{path}'";
        return code switch
        {
            ZkErrorCode.NoNode => new ZkNoNodeException(outcome, path, $"{at} failed: the node does not exist."),
            ZkErrorCode.NodeExists => new ZkNodeExistsException(outcome, path, $"{at} failed: the node exists already."),
            ZkErrorCode.BadVersion => new ZkBadVersionException(
                outcome, path, $"{at} failed: the node has another version; read it again."),
            ZkErrorCode.NotEmpty => new ZkNotEmptyException(
                outcome, path, $"{at} failed: the node has children; delete them first."),
            ZkErrorCode.NoAuth => new ZkNoAuthException(outcome, path, $"{at} was not allowed by the access list."),
            ZkErrorCode.SessionExpired => new ZkSessionExpiredException(
                outcome, path, $"{at} failed: the session expired{Tail(outcome)}."),
            ZkErrorCode.AuthFailed => new ZkAuthFailedException(
                outcome, path, $"{at} failed: the server refused the credentials; make a new client with good ones."),
            ZkErrorCode.ConnectionLoss => new ZkConnectionLossException(
                outcome, path, $"{at} failed: the connection broke before the reply came{Tail(outcome)}. {reason}".TrimEnd()),
            ZkErrorCode.OperationTimeout when reason is not null => new ZkTimeoutException(
                outcome, path, $"{at} failed{Tail(outcome)}. {reason}"),
            ZkErrorCode.Closing => new ZkClosedException(outcome, path, $"{at} failed: the client was closed{Tail(outcome)}."),
            ZkErrorCode.Unimplemented => new ZkException(
                code, outcome, path, $"{at} failed: the server does not know the operation. Update it to 3.6 or later (WhoAmI: 3.7); "
                + "nodes with a time to live also need extendedTypesEnabled=true there."),
            _ => new ZkException(code, outcome, path, $"{at} failed: the server answered {code} ({(int)code})."),
        };
    }

    private static string Tail(ZkOutcome outcome) => outcome switch
    {
        ZkOutcome.Unknown => "; it may or may not have been done",
        ZkOutcome.NotDone => "; it was not done",
        _ => "",
    };
}

/// <summary>The node does not exist.</summary>
public sealed class ZkNoNodeException : ZkException
{
    internal ZkNoNodeException(ZkOutcome outcome, string? path, string message)
        : base(ZkErrorCode.NoNode, outcome, path, message) { }
}

/// <summary>The node exists already.</summary>
public sealed class ZkNodeExistsException : ZkException
{
    internal ZkNodeExistsException(ZkOutcome outcome, string? path, string message)
        : base(ZkErrorCode.NodeExists, outcome, path, message) { }
}

/// <summary>The node has another version than the expected one.</summary>
public sealed class ZkBadVersionException : ZkException
{
    internal ZkBadVersionException(ZkOutcome outcome, string? path, string message)
        : base(ZkErrorCode.BadVersion, outcome, path, message) { }
}

/// <summary>The node has children and cannot be deleted.</summary>
public sealed class ZkNotEmptyException : ZkException
{
    internal ZkNotEmptyException(ZkOutcome outcome, string? path, string message)
        : base(ZkErrorCode.NotEmpty, outcome, path, message) { }
}

/// <summary>The access list forbids the operation.</summary>
public sealed class ZkNoAuthException : ZkException
{
    internal ZkNoAuthException(ZkOutcome outcome, string? path, string message)
        : base(ZkErrorCode.NoAuth, outcome, path, message) { }
}

/// <summary>The server refused the credentials; the client cannot be used any more.</summary>
public sealed class ZkAuthFailedException : ZkException
{
    internal ZkAuthFailedException(ZkOutcome outcome, string? path, string message)
        : base(ZkErrorCode.AuthFailed, outcome, path, message) { }
}

/// <summary>The connection broke before the reply came. A write has the outcome <see cref="ZkOutcome.Unknown"/>.</summary>
public sealed class ZkConnectionLossException : ZkException
{
    internal ZkConnectionLossException(ZkOutcome outcome, string? path, string message)
        : base(ZkErrorCode.ConnectionLoss, outcome, path, message) { }
}

/// <summary>The session of the operation is gone.</summary>
public sealed class ZkSessionExpiredException : ZkException
{
    internal ZkSessionExpiredException(ZkOutcome outcome, string? path, string message)
        : base(ZkErrorCode.SessionExpired, outcome, path, message) { }
}

/// <summary>The client was closed.</summary>
public sealed class ZkClosedException : ZkException
{
    internal ZkClosedException(ZkOutcome outcome, string? path, string message)
        : base(ZkErrorCode.Closing, outcome, path, message) { }
}

/// <summary>The request is larger than the servers accept. It was not sent and the session is intact.</summary>
public sealed class ZkPacketTooLargeException : ZkException
{
    internal ZkPacketTooLargeException(string? path, long length, int limit)
        : base(ZkErrorCode.PacketTooLarge, ZkOutcome.NotDone, path,
            $"A request of {length} bytes was refused: servers accept {limit}; send less, or raise jute.maxbuffer "
            + "on every server and MaxRequestBytes here.")
    {
        Length = length;
        Limit = limit;
    }

    /// <summary>The bytes of the packet.</summary>
    public long Length { get; }

    /// <summary>The bytes that are allowed.</summary>
    public int Limit { get; }
}

/// <summary>What the server sent was not the ZooKeeper protocol.</summary>
public sealed class ZkProtocolException : ZkException
{
    internal ZkProtocolException(string message, ZkOutcome outcome = ZkOutcome.Unknown, string? path = null)
        : base(ZkErrorCode.MarshallingError, outcome, path, message) { }
}

/// <summary>The process was forked: the connection belongs to the parent.</summary>
public sealed class ZkForkedProcessException : ZkException
{
    internal ZkForkedProcessException(string? path)
        : base(ZkErrorCode.ForkedProcess, ZkOutcome.NotDone, path,
            "The client was used in a forked process; its connection belongs to the parent. Start processes "
            + "with spawn, and connect anew.")
    { }
}
