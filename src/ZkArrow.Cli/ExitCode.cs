namespace ZkArrow.Cli;

/// <summary>How the command ends; the same numbers for every verb.</summary>
internal static class ExitCode
{
    internal const int Ok = 0, Failed = 1, Usage = 2, Unreachable = 5, Interrupted = 130;

    internal static int Of(ZkArrowStatus status) => status switch
    {
        ZkArrowStatus.InvalidArgument => Usage,
        ZkArrowStatus.Timeout or ZkArrowStatus.Unavailable => Unreachable,
        ZkArrowStatus.Cancelled => Interrupted,
        _ => Failed,
    };
}
