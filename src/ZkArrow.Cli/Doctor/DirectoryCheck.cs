using ZkArrow.Segments;

namespace ZkArrow.Cli.Doctor;

/// <summary>A check that is made of each data directory there is.</summary>
internal abstract class DirectoryCheck : ICheck
{
    public abstract string Name { get; }

    public async ValueTask<IReadOnlyList<Finding>> LookAsync(Examination examination, CancellationToken cancellationToken)
    {
        List<Finding> findings = [];
        foreach (DataDirectory directory in examination.Directories)
            findings.Add(await LookAsync(directory, examination, cancellationToken).ConfigureAwait(false));
        return findings.Count > 0 ? findings : [Finding.Skip($"There is no data directory at {examination.Place} yet.")];
    }

    protected abstract ValueTask<Finding> LookAsync(DataDirectory directory, Examination examination, CancellationToken cancellationToken);
}
