namespace ZkArrow.ZooKeeper.Session;

/// <summary>The part that presents credentials. They hold for a connection, so each new one begins with them.</summary>
internal sealed partial class ZkSession
{
    public async Task AddAuthAsync(ZkAuth auth, CancellationToken cancellation)
    {
        AuthEntry? entry;
        Connection? writer = null;
        lock (Gate)
        {
            if (Refusal("AddAuth", null) is { } refusal)
                throw refusal;
            entry = _auths.Find(held =>
                held.Auth.Scheme == auth.Scheme && held.Auth.Credentials.Span.SequenceEqual(auth.Credentials.Span));
            if (entry is null)
            {
                entry = new AuthEntry(auth);
                _connection?.QueueAuth(entry);
                _auths.Add(entry);
                if (_connection?.TryStartWriting() == true)
                    writer = _connection;
            }
        }

        writer?.Write();
        try
        {
            await entry.Answered.Task.WaitAsync(cancellation).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            lock (Gate)
            {
                if (!entry.Sent)
                    _auths.Remove(entry);
            }

            throw new ZkCanceledException(
                entry.Sent ? ZkOutcome.Unknown : ZkOutcome.NotDone, null, "AddAuth", cancellation);
        }
    }

    public void OnAuthReply(AuthEntry? entry, ZkErrorCode error)
    {
        if (error == ZkErrorCode.Ok)
        {
            entry?.Answered.TrySetResult();
            return;
        }

        RefuseCredentials(entry?.Auth.Scheme ?? "?");
    }

    private void RefuseCredentials(string scheme)
    {
        _logger.AuthFailed(scheme);
        End(ZkState.AuthFailed, ZkErrorCode.AuthFailed);
        _stop.Cancel();
    }
}
