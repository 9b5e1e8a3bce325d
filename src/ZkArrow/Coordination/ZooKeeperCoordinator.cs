using ZkArrow.ZooKeeper;

namespace ZkArrow.Coordination;

/// <summary>The coordinator on a ZooKeeper ensemble: one operation of the seam is one request.</summary>
internal sealed class ZooKeeperCoordinator : ICoordinator
{
    /// <summary>
    /// Changes nothing, and is answered only when a majority has agreed to it. ZooKeeper's sync is not: a leader that was cut off, and has
    /// not noticed yet, answers it by itself, while the others have a new leader and newer commits.
    /// </summary>
    private static readonly ZkOp[] Barrier = [ZkOp.Check("/", -1)];

    private readonly ZkClient _client;

    private ZooKeeperCoordinator(ZkClient client)
    {
        _client = client;
        client.StateChanged += change => StateChanged?.Invoke(Map(change.Current));
    }

    public event Action<CoordinatorState>? StateChanged;

    public CoordinatorState State => Map(_client.State);

    public long SessionId => _client.SessionId;

    public TimeSpan SessionTimeout => _client.NegotiatedTimeout;

    public TimeSpan SinceLastHeard => _client.SinceLastHeard;

    public static async ValueTask<ZooKeeperCoordinator> ConnectAsync(ConnectUrl url, ZkArrowOptions options, CancellationToken cancellationToken)
    {
        ZkClientOptions client = new() { ConnectString = url.Servers, SessionTimeout = options.SessionTimeout };
        if (options.Auth != null)
        {
            // who names credentials wants what it makes to be its own
            client = client with { Auth = [ParseAuth(options.Auth)], DefaultAcl = ZkAcl.Creator };
        }

        if (options.LoggerFactory != null)
            client = client with { LoggerFactory = options.LoggerFactory };
        try
        {
            return new ZooKeeperCoordinator(await ZkClient.ConnectAsync(client, cancellationToken).ConfigureAwait(false));
        }
        catch (ZkException e)
        {
            throw Translate(e);
        }
    }

    public async ValueTask<Node?> GetAsync(string path, NodeWatch? watch, CancellationToken cancellationToken)
    {
        try
        {
            ZkData data = await _client.GetDataAsync(path, Register(watch), cancellationToken).ConfigureAwait(false);
            ZkStat stat = data.Stat;
            return new Node(data.Data, stat.Version, stat.Czxid, stat.Mzxid, data.Zxid, stat.EphemeralOwner);
        }
        catch (ZkNoNodeException)
        {
            return null;
        }
        catch (ZkException e)
        {
            throw Translate(e);
        }
    }

    public async ValueTask<bool> ExistsAsync(string path, NodeWatch? watch, CancellationToken cancellationToken)
    {
        try
        {
            return (await _client.ExistsAsync(path, Register(watch), cancellationToken).ConfigureAwait(false)).Stat != null;
        }
        catch (ZkException e)
        {
            throw Translate(e);
        }
    }

    public async ValueTask<IReadOnlyList<string>?> ChildrenAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            return (await _client.GetChildrenAsync(path, null, cancellationToken).ConfigureAwait(false)).Names;
        }
        catch (ZkNoNodeException)
        {
            return null;
        }
        catch (ZkException e)
        {
            throw Translate(e);
        }
    }

    public async ValueTask<TreeAnswer> CommitAsync(IReadOnlyList<TreeOp> operations, CancellationToken cancellationToken)
    {
        try
        {
            ZkOp[] ops = [.. operations.Select(Map)];
            ZkMultiResult result = await _client.MultiAsync(ops, cancellationToken).ConfigureAwait(false);
            return new TreeAnswer(TreeRefusal.None, -1, 0, [.. result.Results.Select(r => r.Stat?.Version ?? 0)], result.Zxid);
        }
        catch (ZkMultiException e) when (e.Outcome == ZkOutcome.NotDone)
        {
            return new TreeAnswer(Refusal(e.Code), e.FailedIndex, (int)e.Code, []);
        }
        catch (ZkCanceledException e)
        {
            throw new CoordinatorException(ZkArrowStatus.Cancelled, e.Message, 0, e.Outcome == ZkOutcome.Unknown, e);
        }
        catch (ZkException e)
        {
            throw Translate(e);
        }
    }

    public async ValueTask SyncAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _client.SyncAsync("/", cancellationToken).ConfigureAwait(false);
        }
        catch (ZkException e)
        {
            throw Translate(e);
        }
    }

    public async ValueTask AgreeAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _client.MultiAsync(Barrier, cancellationToken).ConfigureAwait(false);
        }
        catch (ZkMultiException e) when (e.Code == ZkErrorCode.NoNode)
        {
            // the namespace is not made yet; this refusal is a transaction too, which the ensemble agreed on
        }
        catch (ZkException e)
        {
            throw Translate(e);
        }
    }

    public ValueTask DisposeAsync() => _client.DisposeAsync();

    private static Action<ZkWatchEvent>? Register(NodeWatch? watch)
    {
        if (watch == null)
            return null;
        watch.Registered ??= (Action<ZkWatchEvent>)(_ => watch.Fire());
        return (Action<ZkWatchEvent>)watch.Registered;
    }

    private static ZkAuth ParseAuth(string auth)
    {
        string[] parts = auth.Split(':', 3);
        return parts is ["digest", { Length: > 0 } user, var password]
            ? ZkAuth.Digest(user, password)
            : throw new ZkArrowException(ZkArrowStatus.InvalidArgument, "the auth option was refused: expected digest:user:password");
    }

    private static ZkOp Map(TreeOp op) => op.Kind switch
    {
        TreeOpKind.Create => ZkOp.Create(op.Path, op.Data),
        TreeOpKind.CreateBound => ZkOp.Create(op.Path, op.Data, ZkCreateMode.Ephemeral),
        TreeOpKind.Set => ZkOp.SetData(op.Path, op.Data, op.StatVersion),
        TreeOpKind.Delete => ZkOp.Delete(op.Path, op.StatVersion),
        _ => ZkOp.Check(op.Path, op.StatVersion),
    };

    private static TreeRefusal Refusal(ZkErrorCode code) => code switch
    {
        ZkErrorCode.NoNode => TreeRefusal.NoNode,
        ZkErrorCode.NodeExists => TreeRefusal.NodeExists,
        ZkErrorCode.BadVersion => TreeRefusal.BadVersion,
        ZkErrorCode.NotEmpty => TreeRefusal.NotEmpty,
        _ => TreeRefusal.Other,
    };

    private static CoordinatorState Map(ZkState state) => state switch
    {
        ZkState.Connected => CoordinatorState.Connected,
        ZkState.Lost => CoordinatorState.Lost,
        ZkState.Closed or ZkState.AuthFailed => CoordinatorState.Closed,
        _ => CoordinatorState.Suspended,
    };

    private static CoordinatorException Translate(ZkException e) => new(
        e switch
        {
            ZkSessionExpiredException => ZkArrowStatus.SessionExpired,
            ZkNoAuthException => ZkArrowStatus.PermissionDenied,
            ZkAuthFailedException => ZkArrowStatus.Unauthenticated,
            ZkPacketTooLargeException => ZkArrowStatus.TooLarge,
            ZkForkedProcessException => ZkArrowStatus.Forked,
            ZkConnectionLossException => ZkArrowStatus.Unavailable,
            ZkClosedException => ZkArrowStatus.InvalidHandle,
            _ when e.Code is ZkErrorCode.SessionMoved or ZkErrorCode.Throttled or ZkErrorCode.RequestTimeout => ZkArrowStatus.Unavailable,
            _ => ZkArrowStatus.Internal,
        },
        e.Message,
        (int)e.Code,
        e.Outcome == ZkOutcome.Unknown,
        e);
}
