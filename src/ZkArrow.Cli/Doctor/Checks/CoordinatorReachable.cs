namespace ZkArrow.Cli.Doctor.Checks;

/// <summary>Whether the coordinator answers, and what it has of the namespace.</summary>
internal sealed class CoordinatorReachable : HostCheck
{
    public override string Name => "coordinator";

    protected override Finding Look(Examination examination)
    {
        if (examination.Link is not { } link || examination.Request.Url is not { } url)
            return Finding.Skip("No coordinator was given.", "zkarrow doctor --connect zk://host:port/chroot");
        string place = $"zk://{url.Servers}{url.Chroot}";
        if (link.Failure is { } failure)
        {
            return Finding.Fail(
                $"{place} could not be used: {failure.Message.TrimEnd('.')}.",
                link.IsUnreachable
                    ? $"start a server at {url.Servers}, or correct --connect; a firewall may be between"
                    : "correct --connect, or give this host's user the rights");
        }

        return link.Namespace is Guid id
            ? Finding.Ok($"{place} answered in {link.Elapsed.TotalMilliseconds:0} ms; the namespace is {id:N}.")
            : Finding.Ok($"{place} answered in {link.Elapsed.TotalMilliseconds:0} ms; nobody has made the namespace yet, the first client does.");
    }
}
