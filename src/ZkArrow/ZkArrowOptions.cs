using Microsoft.Extensions.Logging;

namespace ZkArrow;

/// <summary>How to open a client.</summary>
public sealed record ZkArrowOptions
{
    /// <summary>The most an inline table may have: every server keeps the last 500 requests in memory.</summary>
    public const long InlineLimit = 512 * 1024;

    private readonly TimeSpan _sessionTimeout = TimeSpan.FromSeconds(10);
    private readonly TimeSpan _operationTimeout = TimeSpan.FromSeconds(30);
    private readonly long _inlineMax = 64 * 1024;
    private readonly string? _codeTag;
    private readonly long _spaceLimit;

    /// <summary>The session timeout to ask for; the server clamps it. 10 s when not set.</summary>
    public TimeSpan SessionTimeout
    {
        get => _sessionTimeout;
        init => _sessionTimeout = value > TimeSpan.Zero
            ? value
            : throw new ZkArrowException(ZkArrowStatus.InvalidArgument, $"SessionTimeout was {value}; it must be positive");
    }

    /// <summary>The deadline of every call; <see cref="Timeout.InfiniteTimeSpan"/> leaves only the token. 30 s when not set.</summary>
    public TimeSpan OperationTimeout
    {
        get => _operationTimeout;
        init => _operationTimeout = value >= TimeSpan.Zero || value == Timeout.InfiniteTimeSpan
            ? value
            : throw new ZkArrowException(ZkArrowStatus.InvalidArgument, $"OperationTimeout was {value}; it must not be negative");
    }

    /// <summary>The data directory; null for the host's default of this namespace.</summary>
    public string? DataDirectory { get; init; }

    /// <summary>
    /// The disk directory, on a disk of this host, for versions with <see cref="Residency.Disk"/>; null for none. Any number of
    /// namespaces may share it.
    /// </summary>
    public string? DiskDirectory { get; init; }

    /// <summary>
    /// Bytes that the data directory may hold, as this client counts before it adds to it; 0 for as many as its file system has room
    /// for. What would not fit is refused as <see cref="ZkArrowStatus.NoSpace"/>, with a sentence that says what holds the space.
    /// </summary>
    public long SpaceLimit
    {
        get => _spaceLimit;
        init => _spaceLimit = value >= 0
            ? value
            : throw new ZkArrowException(ZkArrowStatus.InvalidArgument, $"SpaceLimit was {value}; it must not be negative");
    }

    /// <summary>Credentials, as <c>digest:user:password</c>; null for none. Never logged.</summary>
    public string? Auth { get; init; }

    /// <summary>Tables of up to this many bytes are kept in the coordinator. 65,536 when not set, at most <see cref="InlineLimit"/>.</summary>
    public long InlineMax
    {
        get => _inlineMax;
        init => _inlineMax = ValidInlineMax(value);
    }

    /// <summary>What this program calls itself, such as a commit of its source: recorded with each version it publishes.</summary>
    public string? CodeTag
    {
        get => _codeTag;
        init => _codeTag = VersionLabels.CodeTag(value);
    }

    /// <summary>Where log lines go; null for nowhere.</summary>
    public ILoggerFactory? LoggerFactory { get; init; }

    internal static long ValidInlineMax(long value) => value is >= 0 and <= InlineLimit
        ? value
        : throw new ZkArrowException(ZkArrowStatus.InvalidArgument, $"InlineMax was {value}; it must be 0 to {InlineLimit}");
}
