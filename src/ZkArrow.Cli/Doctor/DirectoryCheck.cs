using ZkArrow.Segments;

namespace ZkArrow.Cli.Doctor;

/// <summary>A check that is made of each data directory there is.</summary>
internal abstract class DirectoryCheck : ICheck
{
    public abstract string Name { get; }

    public virtual async ValueTask<IReadOnlyList<Finding>> LookAsync(Examination examination, CancellationToken cancellationToken)
    {
        List<Finding> findings = [];
        foreach (DataDirectory directory in examination.Directories)
            findings.Add(await LookAsync(directory, examination, cancellationToken).ConfigureAwait(false));
        if (findings.Count == 0)
            return [Finding.Skip($"There is no data directory at {examination.Place} yet.")];

        // a host may have many namespaces: what is fine with nothing to tell is told once
        int quiet = findings.Count(IsQuiet);
        return quiet < 2 ? findings : [Finding.Ok($"{quiet} data directories in {examination.Place} are fine."), .. findings.Where(finding => !IsQuiet(finding))];
    }

    private static bool IsQuiet(Finding finding) => finding is { Verdict: Verdict.Ok, Details.Count: 0 };

    protected abstract ValueTask<Finding> LookAsync(DataDirectory directory, Examination examination, CancellationToken cancellationToken);
}
