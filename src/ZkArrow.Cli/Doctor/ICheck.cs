namespace ZkArrow.Cli.Doctor;

/// <summary>One thing that is looked at. It changes nothing.</summary>
internal interface ICheck
{
    /// <summary>Its name in reports and in docs/doctor.md.</summary>
    string Name { get; }

    /// <summary>At least one finding.</summary>
    ValueTask<IReadOnlyList<Finding>> LookAsync(Examination examination, CancellationToken cancellationToken);
}

/// <summary>A check of the host, which takes no time.</summary>
internal abstract class HostCheck : ICheck
{
    public abstract string Name { get; }

    public ValueTask<IReadOnlyList<Finding>> LookAsync(Examination examination, CancellationToken cancellationToken) => new([Look(examination)]);

    protected abstract Finding Look(Examination examination);
}
