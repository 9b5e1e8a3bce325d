using ZkArrow.Cli.Doctor.Checks;

namespace ZkArrow.Cli.Doctor;

/// <summary>Makes all checks, one after the other.</summary>
internal static class Checkup
{
    // a reader that goes on to the next version has let go of the last one by then
    private static readonly TimeSpan Soon = TimeSpan.FromMinutes(10);

    /// <summary>All checks, in the order of their report.</summary>
    public static IReadOnlyList<ICheck> Checks { get; } =
    [
        new CoordinatorReachable(), new ServerVersions(),
        new DirectoryRights(), new FileSystemKind(), new HugePages(), new Space(), new DockerSharedMemory(), new MemoryLimit(),
        new RemoveIpc(), new ProcessLimits(),
        new SegmentFiles(), new Orphans(ZkArrowClient.SweepGrace), new Pins(Soon),
    ];

    public static async ValueTask<DoctorReport> MakeAsync(DoctorRequest request, HostFiles host, CancellationToken cancellationToken)
    {
        await using CoordinatorLink? link = request.Url is { } url
            ? await CoordinatorLink.OpenAsync(url, request.Timeout, cancellationToken).ConfigureAwait(false)
            : null;
        Examination examination = new(request, host, link);
        List<CheckReport> reports = [];
        foreach (ICheck check in Checks)
        {
            foreach (Finding finding in await LookAsync(check, examination, cancellationToken).ConfigureAwait(false))
                reports.Add(new CheckReport(check.Name, finding.Verdict, finding.Message, finding.Fix, finding.Details));
        }

        return new DoctorReport(reports.Max(report => report.Status), reports) { IsUnreachable = link?.IsUnreachable == true };
    }

    /// <summary>A check that is kept from looking is a finding too, and keeps no other from looking.</summary>
    private static async ValueTask<IReadOnlyList<Finding>> LookAsync(ICheck check, Examination examination, CancellationToken cancellationToken)
    {
        using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(examination.Request.Timeout);
        try
        {
            return await check.LookAsync(examination, patience.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return [Finding.Fail($"It was not done within {examination.Request.Timeout.TotalSeconds:0.###} s.", "give it longer (--timeout)")];
        }
        catch (ZkArrowException e) when (!cancellationToken.IsCancellationRequested)
        {
            return [Finding.Of(e)];
        }
    }
}
