namespace ZkArrow.Extensions.DependencyInjection;

/// <summary>What a connection of the container is made with; validated when the application starts, or at the first use.</summary>
public sealed class ZkArrowServiceOptions
{
    /// <summary><c>zk://host:port,host:port/chroot</c>, or <c>local:/path</c>; must be set.</summary>
    public string Url { get; set; } = "";

    /// <summary>
    /// How the client is opened: <c>o.Client = o.Client with { CodeTag = "4f2a" }</c>. Without a logger factory it gets the container's.
    /// </summary>
    public ZkArrowOptions Client { get; set; } = new();
}
