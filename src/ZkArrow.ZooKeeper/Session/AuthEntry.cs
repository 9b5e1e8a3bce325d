namespace ZkArrow.ZooKeeper.Session;

/// <summary>Credentials of the session, and who waits for the first answer to them.</summary>
internal sealed class AuthEntry(ZkAuth auth)
{
    public readonly ZkAuth Auth = auth;
    public readonly TaskCompletionSource Answered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    public bool Sent;
}
