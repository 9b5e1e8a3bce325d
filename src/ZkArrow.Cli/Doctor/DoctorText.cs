using Spectre.Console;

namespace ZkArrow.Cli.Doctor;

/// <summary>A report for people: a line for each finding, and under it what fixes it.</summary>
internal static class DoctorText
{
    private static readonly int NameWidth = Checkup.Checks.Max(check => check.Name.Length);

    public static void Write(DoctorReport report, IAnsiConsole console)
    {
        string margin = new(' ', 4 + 2 + NameWidth + 2);
        foreach (CheckReport check in report.Checks)
        {
            console.Write(new Text($"{Word(check.Status),-4}", Colour(check.Status)));
            console.WriteLine($"  {check.Check.PadRight(NameWidth)}  {check.Message}");
            foreach (string detail in check.Details)
                console.WriteLine($"{margin}- {detail}");
            if (check.Fix != null)
                console.WriteLine($"{margin}fix: {check.Fix}");
        }

        ILookup<Verdict, CheckReport> by = report.Checks.ToLookup(check => check.Status);
        console.WriteLine();
        console.WriteLine($"{by[Verdict.Ok].Count()} ok, {by[Verdict.Warn].Count()} to improve, {by[Verdict.Fail].Count()} failed, {by[Verdict.Skip].Count()} not checked");
    }

    private static string Word(Verdict verdict) => verdict switch
    {
        Verdict.Ok => "ok",
        Verdict.Skip => "skip",
        Verdict.Warn => "warn",
        _ => "FAIL",
    };

    private static Style Colour(Verdict verdict) => verdict switch
    {
        Verdict.Ok => new Style(Color.Green),
        Verdict.Skip => new Style(Color.Grey),
        Verdict.Warn => new Style(Color.Yellow),
        _ => new Style(Color.Red),
    };
}
